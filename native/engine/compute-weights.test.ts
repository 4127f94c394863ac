/** Scores of weights as the engine serves them: on the shipped model, and once each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTEXT, EngineUnderTest } from '../golden/engine-tensors.ts';

const SHIPPED = `${import.meta.dirname}/../../resources/model`;

describe('scores of the weights', () => {
  const engine = new EngineUnderTest({ shippedModel: SHIPPED });
  const { handlers } = engine.engine;
  beforeAll(async () => {
    await engine.open('demo');
  });
  afterAll(() => engine.dispose());

  it('are all there where none are named, in their ranges', async () => {
    const { scores } = await handlers['model.scores']({}, CONTEXT);
    const { heads, layers } = engine.info;
    const listed = (await handlers['score.list']({}, CONTEXT)).scores.filter(({ cost }) => cost === 'weights');
    expect(scores.map(({ info }) => info.id)).toEqual(listed.map(({ id }) => id));
    for (const { info, values, notApplicable } of scores) {
      expect(notApplicable).toBeNull();
      expect(values).toHaveLength(layers * heads);
      const [low, high] = info.domain;
      for (const [at, value] of values!.entries()) {
        if (info.id.endsWith('-composition') && at < heads) expect(value).toBeNaN();
        else expect(value >= low! && value <= (high ?? Infinity), `${info.id} of head ${at}: ${value}`).toBe(true);
      }
    }
  });

  it('are computed once', async () => {
    const first = await handlers['model.scores']({ scores: ['k-composition', 'qk-match'] }, CONTEXT);
    const phases: string[] = [];
    const watching = { ...CONTEXT, progress: ({ phase }: { phase: string }) => phases.push(phase) };
    const second = await handlers['model.scores']({ scores: ['k-composition', 'qk-match'] }, watching);
    expect(second).toEqual(first);
    expect(phases).toEqual([]);
  });

  it('know which earlier head composes most, and tell it from both sides', async () => {
    const { heads, layers } = engine.info;
    const { scores } = await handlers['model.scores']({ scores: ['v-composition'] }, CONTEXT);
    const reader = { layer: layers - 1, head: 3 };
    const ofReader = await handlers['model.composition']({ ...reader, kind: 'v' }, CONTEXT);
    const at = reader.layer * heads + reader.head;
    const earlier = ofReader.values.subarray(0, reader.layer * heads);
    const strongest = earlier.indexOf(Math.max(...earlier));
    // The floor of a pair is below that of the largest of many, which heads of one layer share.
    expect(scores[0]!.values![at]).toBeLessThan(earlier[strongest]! / ofReader.floor);
    const beside = await handlers['model.composition']({ ...reader, head: 4, kind: 'v' }, CONTEXT);
    const largest = Math.max(...beside.values.subarray(0, reader.layer * heads));
    expect(scores[0]!.values![at]! / scores[0]!.values![at + 1]!).toBeCloseTo(earlier[strongest]! / largest, 12);
    expect(ofReader.values.subarray(reader.layer * heads).every(Number.isNaN)).toBe(true);

    const writer = { layer: Math.floor(strongest / heads), head: strongest % heads };
    const ofWriter = await handlers['model.composition']({ ...writer, kind: 'v' }, CONTEXT);
    expect(ofWriter.values[at]).toBe(earlier[strongest]);
    expect(ofWriter.floor).toBe(ofReader.floor);
  });

  it('refuse what there is not', async () => {
    const bad = { code: 'bad-request' };
    await expect(handlers['model.scores']({ scores: ['entropy'] }, CONTEXT)).rejects.toMatchObject(bad);
    await expect(
      handlers['model.scores']({ scoreParameters: { 'qk-match': { rows: 1 } } }, CONTEXT),
    ).rejects.toMatchObject(bad);
    await expect(handlers['model.composition']({ layer: 0, head: 99, kind: 'q' }, CONTEXT)).rejects.toMatchObject(bad);
  });
});
