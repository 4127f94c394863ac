/** What every implementation of the attention kernel must do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocateAttentionOutput,
  allocateBare,
  PLAIN,
  type AttentionInput,
  type AttentionKernel,
  type AttentionOutput,
  type AttentionShape,
} from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { allocateExtras } from '../attention/statistics.ts';
import { anyMask, cutMask } from './any-mask.ts';
import { maxAbsError } from './compare.ts';
import { referenceAttention } from './reference-attention.ts';

export type CreateKernel = (shape: AttentionShape, threads: number) => Promise<AttentionKernel>;

export async function runKernel(
  create: CreateKernel,
  shape: AttentionShape,
  input: AttentionInput,
): Promise<AttentionOutput> {
  const kernel = await create(shape, 2);
  const rows = input.tokens - input.queryStart;
  const extra = input.extra && allocateExtras(shape, rows, input.extra);
  const output = { ...allocateAttentionOutput(shape, input.tokens, rows), extra };
  await kernel.run(input, output, () => Promise.resolve());
  await kernel.dispose();
  return output;
}

/** Normal-like values of a standard deviation near `spread`. */
export function randomInput(
  seed: number,
  shape: AttentionShape,
  tokens: number,
  spread: number,
  window: number | null,
): AttentionInput {
  let state = seed * 2654435761 + 1;
  const normal = () => {
    let sum = 0;
    for (let i = 0; i < 6; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 2 ** 32;
    }
    return (sum - 3) * 1.4 * spread;
  };
  return {
    ...PLAIN,
    q: Float32Array.from({ length: tokens * shape.heads * shape.headDim }, normal),
    k: Float32Array.from({ length: tokens * shape.kvHeads * shape.headDim }, normal),
    v: Float32Array.from({ length: tokens * shape.kvHeads * shape.headDim }, normal),
    tokens,
    scale: 1 / Math.sqrt(shape.headDim),
    window,
  };
}

/** Holds z, LSE and the default statistics against float64, at the design's tolerances. */
export function expectStatistics(
  shape: AttentionShape,
  input: AttentionInput,
  { z, lse, statistics }: AttentionOutput,
  slack = 1,
) {
  const expected = referenceAttention(shape, input);
  const { tokens } = input;
  const s = expected.maxScore;
  const maxV = input.v.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  const gain = input.gain?.reduce((top, value) => Math.max(top, Math.abs(value)), 1) ?? 1;
  const told = statistics!;
  // A probability's error is relative: that of its logit.
  const p = (2e-6 + 6e-7 * s) * slack;
  const errors = {
    z: [maxAbsError(z, expected.z), (1e-6 + 2e-7 * s) * maxV * gain * slack],
    lse: [maxAbsError(lse, expected.lse), (1e-5 + 2e-7 * s) * slack],
    entropy: [maxAbsError(told.entropy, expected.entropy), (2e-5 + 2e-6 * s) * slack],
    rowMax: [maxAbsError(told.rowMax, expected.rowMax), p],
    meanDistance: [maxAbsError(told.meanDistance, expected.meanDistance), 1e-5 * (tokens + 1)],
    sinkMass: [maxAbsError(told.sinkMass, expected.sinkMass), p],
    localMass: [maxAbsError(told.localMass, expected.localMass), p],
    columnSum: [maxAbsError(told.columnSum, expected.columnSum), 1e-5 * tokens],
    distance: [maxAbsError(told.distance, expected.distance), 1e-5 * tokens],
    maskedRows: [maxAbsError(told.maskedRows, expected.maskedRows), 0],
    poolMax: [maxAbsError(told.poolMax, expected.poolMax), p],
    poolSum: [maxAbsError(told.poolSum, expected.poolSum), p * tokens],
  };
  const beyond = Object.entries(errors).filter(([, [error, limit]]) => !(error! <= limit!));
  expect(Object.fromEntries(beyond)).toEqual({});
  const rows = tokens - input.queryStart;
  told.rowArgmax.forEach((key, at) => {
    if (expected.lse[at] === -Infinity) expect(key).toBe(-1);
    // Of nearly equal ones either may be named.
    else expect(Math.abs(expected.p[at * tokens + key]! - expected.rowMax[at]!)).toBeLessThanOrEqual(p);
  });
  expect(told.rowArgmax).toHaveLength(shape.heads * rows);
  return expected;
}

/** What random problems are made of. `counted`: a row in so many counts. */
export const anyProblem = fc.record({
  kvHeads: fc.integer({ min: 1, max: 3 }),
  perGroup: fc.constantFrom(1, 2, 4),
  headDim: fc.constantFrom(2, 8, 20, 64, 130, 256),
  tokens: fc.constantFrom(1, 2, 17, 130, 300, 700),
  spread: fc.constantFrom(0.01, 1, 6),
  window: fc.constantFrom(null, null, 1, 3, 50),
  softcap: fc.constantFrom(null, null, 3, 50),
  /** Share of the positions whose queries are left out. */
  skip: fc.constantFrom(0, 0, 0.4, 1),
  counted: fc.constantFrom(null, null, 3, 1000),
  masks: fc.option(fc.array(fc.option(anyMask, { nil: null }), { minLength: 12, maxLength: 12 }), { nil: null }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

export function problemOf(made: typeof anyProblem extends fc.Arbitrary<infer P> ? P : never): {
  shape: AttentionShape;
  input: AttentionInput;
} {
  const { kvHeads, perGroup, headDim, spread, window, softcap, skip, masks, seed, counted } = made;
  // The reference is slow: long prompts with large heads are left out.
  const tokens = headDim > 64 ? Math.min(made.tokens, 130) : made.tokens;
  const shape = { heads: kvHeads * perGroup, kvHeads, headDim };
  const whole = randomInput(seed, shape, tokens, spread, window);
  const queryStart = Math.min(tokens - 1, Math.floor(skip * tokens));
  const rows = tokens - queryStart;
  const input = {
    ...whole,
    q: whole.q.subarray(queryStart * shape.heads * headDim),
    queryStart,
    softcap,
    counted: counted === null ? null : Uint8Array.from({ length: rows }, (_, row) => (row % counted === 1 ? 1 : 0)),
    masks: masks?.slice(0, shape.heads).map((mask) => mask && cutMask(mask, tokens, rows)) ?? null,
  };
  return { shape, input };
}

/** `longHeadSlack`: factor on the tolerances for heads of more than 64 dimensions. */
export function kernelConformance(name: string, create: CreateKernel, longHeadSlack = 1): void {
  const run = (shape: AttentionShape, input: AttentionInput) => runKernel(create, shape, input);
  describe(`${name} attention kernel`, () => {
    it('equals float64 attention over random shapes, windows, masks, caps, rows and score magnitudes', async () => {
      await fc.assert(
        fc.asyncProperty(anyProblem, async (made) => {
          const { shape, input } = problemOf(made);
          const slack = shape.headDim > 64 ? longHeadSlack : 1;
          expectStatistics(shape, input, await run(shape, input), slack);
        }),
        { numRuns: 60, seed: 7 },
      );
    });

    it('survives huge, tiny and equal logits, and rows that see nothing', async () => {
      const shape = { heads: 2, kvHeads: 1, headDim: 8 };
      const input = randomInput(4, shape, 150, 1, null);
      const nothing: MaskSpec = { kind: 'row-keys', offsets: new Int32Array(151), keys: new Int32Array(0) };
      const equal = { ...input, q: input.q.map(() => 1), k: input.k.map(() => 1) };
      for (const hard of [
        { ...input, q: input.q.map((value) => value * 60) },
        { ...input, q: input.q.map((value) => value * 1e-20) },
        { ...input, scale: 0 },
        equal,
        { ...input, masks: [nothing, null] },
        { ...input, masks: [nothing, nothing] },
      ]) {
        expectStatistics(shape, hard, await run(shape, hard));
      }
      const masked = await run(shape, { ...input, masks: [nothing, null] });
      expect(masked.statistics!.maskedRows).toEqual(new Int32Array([150, 0]));
      expect(masked.z.filter((_, at) => at % 16 < 8).every((value) => value === 0)).toBe(true);
      // Adding the same number to all scores of a row by an enormous common key part changes nothing.
      const flat = await run(shape, equal);
      expect(flat.statistics!.entropy[149]).toBeCloseTo(Math.log(150), 4);
    });

    it('never hides what is not a number', async () => {
      const shape = { heads: 2, kvHeads: 1, headDim: 8 };
      const input = randomInput(4, shape, 40, 1, null);
      const q = input.q.slice();
      q[30 * 16] = NaN;
      const k = input.k.slice();
      k[10 * 8] = Infinity;
      const ofQuery = await run(shape, { ...input, q });
      expect(ofQuery.z[30 * 16]).toBeNaN();
      expect(ofQuery.lse[30]).toBeNaN();
      expect(ofQuery.z[29 * 16]).not.toBeNaN();
      const ofKey = await run(shape, { ...input, k });
      // Beside a score of +inf or -inf.
      expect(ofKey.z.slice(10 * 16).some(Number.isNaN)).toBe(true);
      // Scores that all leave float32 are not rows that see nothing.
      const beyond = { ...input, q: input.q.map(() => 1e22), k: input.k.map(() => -1e20) };
      expect((await run(shape, beyond)).z[20 * 16]).toBeNaN();
    });

    it('names the key of the largest weight, counted from the first key of the prompt', async () => {
      const shape = { heads: 1, kvHeads: 1, headDim: 2 };
      const tokens = 300;
      const input = {
        ...randomInput(1, shape, tokens, 0, 20),
        k: new Float32Array(tokens * 2),
        q: new Float32Array(tokens * 2).fill(1),
      };
      input.k[2 * 290] = 5;
      const { rowArgmax, rowMax } = (await run(shape, input)).statistics!;
      expect(rowArgmax[295]).toBe(290);
      expect(rowArgmax[289]).toBeGreaterThanOrEqual(270);
      expect(rowMax[295]).toBeGreaterThan(0.5);
    });

    it('multiplies z by the gain of each head and leaves the statistics alone', async () => {
      const shape = { heads: 4, kvHeads: 2, headDim: 8 };
      const input = randomInput(3, shape, 40, 1, null);
      const clean = await run(shape, input);
      const changed = await run(shape, { ...input, gain: new Float32Array([1, 0, 0.5, -1]) });
      for (let i = 0; i < clean.z.length; i++) {
        const gain = [1, 0, 0.5, -1][Math.floor(i / 8) % 4]!;
        expect(changed.z[i]! === Math.fround(clean.z[i]! * gain)).toBe(true);
      }
      expect(changed.lse).toEqual(clean.lse);
      expect(changed.statistics).toEqual(clean.statistics);
    });

    it('with masks that hide nothing gives what it gives without', async () => {
      const shape = { heads: 4, kvHeads: 2, headDim: 8 };
      const input = randomInput(11, shape, 90, 1, 40);
      const clean = await run(shape, input);
      const covering: MaskSpec = { kind: 'sink-window', sink: 0, window: 90 };
      expect(await run(shape, { ...input, masks: [covering, null, covering, null] })).toEqual(clean);
      const all: MaskSpec = { kind: 'blocks', size: 32, kept: new Uint8Array(9).fill(1) };
      const kept: MaskSpec = { kind: 'kept-keys', from: 80, keys: Int32Array.from({ length: 80 }, (_, key) => key) };
      const blocks = await run(shape, { ...input, masks: [all, kept, all, null] });
      expect(maxAbsError(blocks.z, clean.z)).toBeLessThan(1e-6);
    });

    it('gives the same z and LSE without statistics', async () => {
      const shape = { heads: 4, kvHeads: 2, headDim: 16 };
      const input = randomInput(21, shape, 200, 2, null);
      const clean = await run(shape, input);
      const kernel = await create(shape, 1);
      const bare = allocateBare(shape, 200);
      await kernel.run(input, bare, () => Promise.resolve());
      await kernel.dispose();
      expect(maxAbsError(bare.z, clean.z)).toBeLessThan(1e-5);
      expect(maxAbsError(bare.lse, clean.lse)).toBeLessThan(1e-5);
    });

    it('has rows, columns, distances and pooled sums that all hold the same mass', async () => {
      const shape = { heads: 3, kvHeads: 1, headDim: 16 };
      const { statistics } = await run(shape, randomInput(31, shape, 600, 2, 170));
      const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
      for (let head = 0; head < 3; head++) {
        const part = (all: Float32Array | Float64Array) =>
          total(all.subarray((head * all.length) / 3, ((head + 1) * all.length) / 3));
        expect(part(statistics!.columnSum)).toBeCloseTo(600, 2);
        expect(part(statistics!.distance)).toBeCloseTo(600, 2);
        expect(part(statistics!.poolSum)).toBeCloseTo(600, 2);
      }
    });

    it('stops where the checkpoint throws', async () => {
      const shape = { heads: 2, kvHeads: 2, headDim: 8 };
      const kernel = await create(shape, 1);
      let calls = 0;
      const stopped = kernel.run(randomInput(5, shape, 600, 1, null), allocateAttentionOutput(shape, 600), () => {
        calls += 1;
        return Promise.reject(new Error('stop'));
      });
      await expect(stopped).rejects.toThrow('stop');
      expect(calls).toBe(1);
      await kernel.dispose();
    });
  });
}
