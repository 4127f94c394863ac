/**
 * The oracle (native/testing/oracle.ts) through registry, graph writer, kernel and scores: every head has a known job, so
 * every score has a known value. Expected numbers were made in float64 by an implementation that shares no code with
 * this one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseParams } from '../../shared/contract/parse-params.ts';
import { headKinds } from '../../shared/model/head-kinds.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import type { MaskSpec } from '../attention/mask.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward, type ForwardRequest } from '../forward/forward.ts';
import { tokenNll } from '../forward/likelihoods.ts';
import { createDecoder } from '../generation/decoder.ts';
import { argmax } from '../generation/sampling.ts';
import { createRetrieval } from '../tasks/run-retrieval.ts';
import { attnOnly } from '../testing/attn-only.ts';
import { maxAbsError } from '../testing/compare.ts';
import { openForward, type OpenedForward } from '../testing/open-forward.ts';
import { ORACLE, writeOracle } from '../testing/oracle.ts';
import { CONTEXT, EngineUnderTest, promptScores } from './engine-tensors.ts';

const LIMIT = 1e-4;
/** [BOS] + A + A with A = 1 .. 6. */
const REPEAT = Int32Array.of(ORACLE.bos, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
/** First row of the second copy. */
const SECOND = 7;
/** The needle 7 8 9 10 after the cue 6, then the cue again. */
const NEEDLE = Int32Array.of(ORACLE.bos, 1, 2, 6, 7, 8, 9, 10, 11, 3, 4, 5, 6);
const STREAMING: MaskSpec = { kind: 'sink-window', sink: 1, window: 3 };

/** Values of L0H0, L0H1, L1H0, L1H1 on the repeat. */
const SCORES: readonly {
  readonly id: string;
  readonly parameters?: Readonly<Record<string, number>>;
  readonly expected: readonly number[];
}[] = [
  { id: 'previous', expected: [1, 0, 0, 0] },
  { id: 'duplicate', expected: [0, 0, 0, 1] },
  { id: 'induction', expected: [0, 0, 1, 0] },
  { id: 'self', expected: [0, 0, 0, 0] },
  { id: 'echo', expected: [0, 0, 0, 1] },
  { id: 'razor-induction', expected: [0, 0, 1, 0] },
  { id: 'tl-previous', expected: [0.923076923, 0.076923077, 0.076923171, 0.076923195] },
  { id: 'tl-duplicate', expected: [0, 0, 0, 0.461538462] },
  { id: 'tl-induction', expected: [0, 0, 0.461538462, 0] },
  { id: 'tl-previous', parameters: { measure: 1 }, expected: [0.923, -0.769, -0.769, -0.769] },
  { id: 'tl-duplicate', parameters: { measure: 1 }, expected: [-0.462, -0.462, -0.462, 0.462] },
  { id: 'tl-induction', parameters: { measure: 1 }, expected: [-0.462, -0.462, 0.462, -0.462] },
  { id: 'sink-importance', expected: [0.153846154, 1, 0.538461044, 0.538461186] },
  { id: 'distance-normalised', expected: [0.25860089, 1, 0.772170772, 0.826605148] },
  { id: 'entropy-normalised', expected: [0, 0, 0.000005623, 0.000003679] },
  // Norms of what the heads write are 1, 0, 1, 0: over the mean of their layer.
  { id: 'output-norm', expected: [2, 0, 2, 0] },
  { id: 'streaming-mass', parameters: { sink: 1, window: 3 }, expected: [0, 0, 0.666666871, 0.666666871] },
  { id: 'streaming', parameters: { sink: 1, window: 3 }, expected: [0, 0, 0.942808857, 0] },
  { id: 'influence', expected: [0.66188738, 0, -0.330824204, 0] },
  // The mean over the rows from which something is hidden: 9 of 13.
  { id: 'streaming-kl', parameters: { sink: 1, window: 3 }, expected: [0, 0, (4.61286718 * 13) / 9, 0] },
];

const job: Job = { signal: CONTEXT.signal, progress: () => undefined };
const engine = new EngineUnderTest({
  families: [attnOnly],
  tasks: `${import.meta.dirname}/../../resources/tasks`,
});
let folder: string;
let model: OpenedForward;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-oracle-'));
  await writeOracle(folder);
  await engine.open(folder);
  model = await openForward(folder, { families: [attnOnly] });
});
afterAll(async () => {
  await engine.dispose();
  await model.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Values of one score, in the order L0H0, L0H1, L1H0, L1H1. */
async function score(
  ids: Int32Array,
  id: string,
  parameters: Readonly<Record<string, number>> = {},
): Promise<Float64Array> {
  const { runId } = await engine.run(ids);
  const request = { runId, scores: [id], scoreParameters: { [id]: { ...parameters } } };
  const { scores } = await engine.engine.handlers['run.scores'](request, CONTEXT);
  return scores.find((table) => table.info.id === id)!.values!;
}

/** The needle, answered greedily: as far as the right answer goes, or up to an end token. */
function retrieve(endIds: readonly number[] | null = null) {
  const sample = { prompt: NEEDLE, answer: Int32Array.of(7, 8, 9, 10), answerSpan: { start: 4, end: 8 } };
  const ofSample = createRetrieval(model, { gain: () => null, masks: () => null }, { longest: 17, endIds });
  return ofSample(sample, () => false, job);
}

function forward(ids: Int32Array, changes: Partial<ForwardRequest> = {}) {
  return runForward(model, { ids, gain: () => null, ...changes }, job);
}

/** One value at one head, others elsewhere, as a forward asks for it by layer. */
function only<T>(head: readonly [layer: number, head: number], value: T, others: T) {
  return (layer: number): readonly T[] | null =>
    layer === head[0] ? Array.from({ length: ORACLE.heads }, (_, at) => (at === head[1] ? value : others)) : null;
}

const HEADS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

describe('the oracle', () => {
  it('opens through the registry without warnings', () => {
    expect(engine.info).toMatchObject({ family: 'Attention only', layers: 2, heads: 2, headDim: 48, warnings: [] });
    expect(engine.info.bos?.id).toBe(ORACLE.bos);
  });

  it.each(SCORES)('scores $id on the repeat', async ({ id, parameters, expected }) => {
    expect(maxAbsError(await score(REPEAT, id, parameters), expected)).toBeLessThan(LIMIT);
  });

  it('has attention outside a streaming mask whose values are nothing: mass without deviation', async () => {
    const mask = { sink: 1, window: 3 };
    expect(maxAbsError(await score(NEEDLE, 'streaming-mass', mask), [0, 0, 0.111112335, 0.111112335])).toBeLessThan(
      LIMIT,
    );
    expect(maxAbsError(await score(NEEDLE, 'streaming', mask), [0, 0, 0.157136118, 0])).toBeLessThan(LIMIT);
  });

  it('loses what it predicts with a head when that head is ablated, and nothing without values', async () => {
    /** Mean over the second copy: nats. */
    const loss = async (changes: Partial<ForwardRequest>) => {
      const nll = await tokenNll(model, await forward(REPEAT, changes), job);
      const rows = nll.subarray(SECOND + 1);
      return rows.reduce((sum, value) => sum + value, 0) / rows.length;
    };
    expect(await loss({})).toBeCloseTo(0.000499275, 5);
    const zeroed = [10.000468699, 0.000499275, 2.48490665, 0.000499275];
    const uniform = [9.614122707, 0.000499275, 2.605853244, 0.000499275];
    for (const [at, head] of HEADS.entries()) {
      const gain = (layer: number) => {
        const factors = only(head, 0, 1)(layer);
        return factors && Float32Array.from(factors);
      };
      const marks = (layer: number) => {
        const marked = only(head, 1, 0)(layer);
        return marked && Uint8Array.from(marked);
      };
      expect(Math.abs((await loss({ gain })) - zeroed[at]!)).toBeLessThan(LIMIT);
      expect(Math.abs((await loss({ uniform: marks })) - uniform[at]!)).toBeLessThan(LIMIT);
    }
  });

  it('tells the influence of a set of heads', async () => {
    const { runId } = await engine.run(REPEAT);
    const ask = (heads: { layer: number; head: number }[]) =>
      engine.engine.handlers['run.influence']({ runId, heads }, CONTEXT);
    const { base, changed, ratio } = await ask([{ layer: 1, head: 0 }]);
    expect(base).toBeCloseTo(5.833827003, 4);
    expect(ratio).toBeCloseTo(-0.330824204, 4);
    expect(changed).toBeCloseTo(5.833827003 * (1 - 0.330824204), 4);
    // Without its induction head the model does not use the head before it.
    const both = await ask([
      { layer: 1, head: 0 },
      { layer: 0, head: 0 },
    ]);
    expect(both.ratio).toBeCloseTo(ratio, 5);
  });

  it('writes something else under a streaming mask only where values are something', async () => {
    const capture = await forward(NEEDLE);
    const { headDim } = model.architecture;
    for (const [layer, head] of HEADS) {
      const { z } = capture.layers[layer]!;
      const changed = await forward(NEEDLE, { masks: only<MaskSpec | null>([layer, head], STREAMING, null) });
      const streamed = changed.layers[layer]!.z;
      const at = ((NEEDLE.length - 1) * ORACLE.heads + head) * headDim;
      // What these heads write is as long as their output: W_O moves it from one slot to another.
      const moved = Math.hypot(...z.subarray(at, at + headDim).map((value, d) => value - streamed[at + d]!));
      expect(moved).toBeCloseTo(layer === 1 && head === 0 ? Math.SQRT2 : 0, 5);
    }
  });

  it('composes its induction head with the head before it, through the keys and nothing else', async () => {
    for (const kind of ['q', 'k', 'v'] as const) {
      for (const [layer, head] of HEADS) {
        const { values } = await engine.engine.handlers['model.composition']({ layer, head, kind }, CONTEXT);
        HEADS.forEach(([otherLayer, other], at) => {
          if (otherLayer === layer) {
            expect(values[at]).toBeNaN();
            return;
          }
          const [writer, reader] = layer === 0 ? [head, other] : [other, head];
          const composes = kind === 'k' && writer === 0 && reader === 0;
          expect(values[at]).toBeCloseTo(composes ? 0.246182981959 : 0, 6);
        });
      }
    }
  });

  it('copies tokens with its induction head, which only shows from token to token', async () => {
    const request = { scores: ['ov-copying', 'ov-copying-tokens', 'qk-match'] };
    const { scores } = await engine.engine.handlers['model.scores'](request, CONTEXT);
    const valuesOf = (id: string) => [...scores.find(({ info }) => info.id === id)!.values!];
    expect(valuesOf('ov-copying-tokens')).toEqual([NaN, NaN, expect.closeTo(1, 6), NaN]);
    // What it copies it writes elsewhere, as the head before it does; the others write nothing.
    expect(valuesOf('ov-copying')).toEqual([0, NaN, 0, NaN]);
    // Only the duplicate finder looks for the token that it stands on.
    expect(valuesOf('qk-match')).toEqual([NaN, NaN, NaN, expect.closeTo(1, 6)]);
  });

  it('raises the right answer by what the induction head writes, straight, and by nothing else', async () => {
    const { runId } = await engine.run(NEEDLE);
    const position = NEEDLE.length - 1;
    const request = { runId, position, token: 7, against: 3 };
    const parts = await engine.engine.handlers['run.attribution'](request, CONTEXT);
    expect(maxAbsError(parts.heads, [0, 0, 10, 0])).toBeLessThan(LIMIT);
    expect(maxAbsError(parts.mlps, [0, 0])).toBeLessThan(LIMIT);
    expect(maxAbsError(parts.attentionBias, [0, 0])).toBe(0);
    expect([parts.embedding, parts.bias]).toEqual([0, 0]);
    expect(parts.sum).toBeCloseTo(10, 4);
    expect(parts.logit).toBeCloseTo(10, 4);
  });

  it('copies with the induction head: the retrieval score', async () => {
    const { right, free } = await retrieve();
    expect(right).toBe(true);
    expect([...free.positions]).toEqual([0, 0, 1, 0]);
    expect([...free.events]).toEqual([0, 0, 1, 0]);
  });

  it('goes on answering where events are counted, and copies the needle again when it comes round', async () => {
    const looped = await retrieve([]);
    expect(looped.right).toBe(true);
    expect([...looped.free.positions]).toEqual([0, 0, 1, 0]);
    // The context has room for 19 steps: 7 8 9 10 11 3 4 5 6 twice, and 7.
    expect([...looped.free.events]).toEqual([0, 0, 2.25, 0]);
    const ended = await retrieve([11]);
    expect(ended.right).toBe(true);
    expect([...ended.free.events]).toEqual([0, 0, 1, 0]);
    const early = await retrieve([9]);
    expect(early.right).toBe(false);
    expect([...early.free.events]).toEqual([0, 0, 0.75, 0]);

    const items = [{ prompt: [...NEEDLE], answer: [7, 8, 9, 10] }];
    const request = { task: 'file', items, scores: ['retrieval'], scoreParameters: { retrieval: { count: 1 } } };
    const { scores } = await engine.engine.handlers['probe.run'](parseParams('probe.run', request), CONTEXT);
    expect([...scores[0]!.values!]).toEqual([0, 0, 2.25, 0]);
  });

  it('knows every head by its job, and no head by a job that it does not have', async () => {
    const { runId } = await engine.run(REPEAT);
    const { scores } = await engine.engine.handlers['score.list']({}, CONTEXT);
    const wanted = promptScores(scores);
    const mask = { sink: 1, window: 3 };
    const scoreParameters = { streaming: mask, 'streaming-mass': mask };
    const request = { runId, scores: wanted, scoreParameters };
    const tables = [
      ...(await engine.engine.handlers['run.scores'](request, CONTEXT)).scores,
      makeScoreTable('retrieval', (await retrieve()).free.positions),
    ];
    const kinds = HEADS.map(([layer, head]) => headKinds(tables, layer, head, ORACLE).map(({ kind }) => kind));
    expect(kinds).toEqual([
      // The position before lies in the window.
      ['previous', 'streaming'],
      ['streaming', 'sink-resting', 'sink-dormant', 'inactive'],
      // Thirteen tokens are too few to tell hidden sinks, and so reach.
      ['retrieval', 'induction'],
      // What it finds is far, but has no values: nothing is lost under the mask.
      ['duplicate', 'streaming', 'inactive'],
    ]);
  });

  it('computes the same bits when a head without values is ablated', async () => {
    const last = ({ resid }: Capture) => resid[ORACLE.layers]!;
    const clean = last(await forward(REPEAT));
    for (const [layer, head] of [HEADS[1], HEADS[3]]) {
      const gain = (l: number) => (l === layer ? Float32Array.of(1, 1).fill(0, head, head + 1) : null);
      expect(last(await forward(REPEAT, { gain }))).toEqual(clean);
    }
  });

  it('copies the needle, and nothing but BOS when its induction head streams', async () => {
    const generate = async (masks: (layer: number) => readonly (MaskSpec | null)[] | null) => {
      const decoder = createDecoder(model, { gain: () => null, masks, capacity: ORACLE.context });
      const out: number[] = [];
      let fed = NEEDLE;
      while (out.length < 5 && out.at(-1) !== 11) {
        out.push(argmax(await decoder.append(fed, job)));
        fed = Int32Array.of(out.at(-1)!);
      }
      return out;
    };
    expect(await generate(() => null)).toEqual([7, 8, 9, 10, 11]);
    const streaming = await generate(only<MaskSpec | null>([1, 0], STREAMING, null));
    expect(streaming.slice(0, 4)).toEqual([0, 0, 0, 0]);
  });
});
