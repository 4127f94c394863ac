/** Direct logit attribution as the engine serves it, on the shipped model. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTEXT, EngineUnderTest } from '../golden/engine-tensors.ts';

const SHIPPED = `${import.meta.dirname}/../../resources/model`;
const LIMIT = 1e-4;

describe('attribution', () => {
  const engine = new EngineUnderTest({ shippedModel: SHIPPED });
  const { handlers } = engine.engine;
  const text = 'The ship was lost. The captain and the crew of the ship';
  let runId: string;
  let tokens: number;
  let next: readonly { readonly id: number; readonly logit: number }[];

  beforeAll(async () => {
    await engine.open('demo');
    const summary = await handlers['run.start'](
      { prompt: { kind: 'text', text, bos: true }, interventions: [], cut: false },
      CONTEXT,
    );
    ({ runId, next } = summary);
    tokens = summary.tokens.length;
  });
  afterAll(() => engine.dispose());

  it('of a logit and of a difference adds up to what the model says', async () => {
    const position = tokens - 1;
    const [first, second] = [next[0]!, next[1]!];
    const one = await handlers['run.attribution']({ runId, position, token: first.id, against: null }, CONTEXT);
    expect(one.against).toBeNull();
    expect(one.logit).toBeCloseTo(first.logit, 4);
    expect(Math.abs(one.sum - one.logit)).toBeLessThan(LIMIT);
    const request = { runId, position, token: first.id, against: second.id };
    const two = await handlers['run.attribution'](request, CONTEXT);
    expect(two.logit).toBeCloseTo(first.logit - second.logit, 4);
    expect(Math.abs(two.sum - two.logit)).toBeLessThan(LIMIT);
    expect(Math.max(...two.heads.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it('is a score of every head: the likeliest next token against the second', async () => {
    const { scores } = await handlers['run.scores']({ runId, scores: ['dla'] }, CONTEXT);
    const request = { runId, position: tokens - 1, token: next[0]!.id, against: next[1]!.id };
    expect(scores[0]!.values).toEqual((await handlers['run.attribution'](request, CONTEXT)).heads);
  });

  it('refuses what is not there', async () => {
    const bad = { code: 'bad-request' };
    const ask = (request: object) =>
      handlers['run.attribution']({ runId, position: 0, token: 0, against: null, ...request }, CONTEXT);
    await expect(ask({ position: tokens })).rejects.toMatchObject(bad);
    await expect(ask({ token: engine.info.vocabSize })).rejects.toMatchObject(bad);
    await expect(ask({ runId: 'none' })).rejects.toMatchObject({ code: 'unknown-run' });
  });
});
