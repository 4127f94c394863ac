import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocateAttentionOutput,
  type AttentionInput,
  type AttentionKernel,
  type AttentionOutput,
  type AttentionShape,
} from '../attention/kernel.ts';
import { NO_MASK, type MaskSpec } from '../attention/mask.ts';

/** Attention in float64, row by row, straight from the definition. */
function reference(shape: AttentionShape, input: AttentionInput) {
  const { heads, kvHeads, headDim } = shape;
  const { tokens, queryStart } = input;
  const rows = tokens - queryStart;
  const out = {
    z: new Float64Array(rows * heads * headDim),
    lse: new Float64Array(heads * rows),
    entropy: new Float64Array(heads * rows),
    rowMax: new Float64Array(heads * rows),
    columnSum: new Float64Array(heads * tokens),
    meanDistance: new Float64Array(heads * rows),
    maxScore: 0,
  };
  for (let h = 0; h < heads; h++) {
    const group = Math.floor(h / (heads / kvHeads));
    const mask = input.masks?.[h] ?? NO_MASK;
    for (let row = 0; row < rows; row++) {
      const i = queryStart + row;
      const seen: number[] = [];
      const scores: number[] = [];
      for (let j = Math.max(0, i - (input.window ?? tokens) + 1); j <= i; j++) {
        if (j >= mask.sink && i - j >= mask.window) continue;
        let dot = 0;
        for (let d = 0; d < headDim; d++) {
          dot += input.q[(row * heads + h) * headDim + d]! * input.k[(j * kvHeads + group) * headDim + d]!;
        }
        seen.push(j);
        scores.push(dot * input.scale);
      }
      const top = Math.max(...scores);
      out.maxScore = Math.max(out.maxScore, ...scores.map(Math.abs));
      const sum = scores.reduce((total, s) => total + Math.exp(s - top), 0);
      out.lse[h * rows + row] = top + Math.log(sum);
      scores.forEach((s, index) => {
        const p = Math.exp(s - top) / sum;
        const j = seen[index]!;
        if (p > 0) out.entropy[h * rows + row]! -= p * Math.log(p);
        out.rowMax[h * rows + row] = Math.max(out.rowMax[h * rows + row]!, p);
        out.columnSum[h * tokens + j]! += p;
        out.meanDistance[h * rows + row]! += p * (i - j);
        for (let d = 0; d < headDim; d++) {
          out.z[(row * heads + h) * headDim + d]! +=
            p * input.v[(j * kvHeads + group) * headDim + d]! * (input.gain?.[h] ?? 1);
        }
      });
    }
  }
  return out;
}

const runWith =
  (create: (shape: AttentionShape, threads: number) => Promise<AttentionKernel>) =>
  async (shape: AttentionShape, input: AttentionInput): Promise<AttentionOutput> => {
    const kernel = await create(shape, 2);
    const output = allocateAttentionOutput(shape, input.tokens, input.tokens - input.queryStart);
    await kernel.run(input, output, () => Promise.resolve());
    await kernel.dispose();
    return output;
  };

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
    q: Float32Array.from({ length: tokens * shape.heads * shape.headDim }, normal),
    k: Float32Array.from({ length: tokens * shape.kvHeads * shape.headDim }, normal),
    v: Float32Array.from({ length: tokens * shape.kvHeads * shape.headDim }, normal),
    tokens,
    queryStart: 0,
    scale: 1 / Math.sqrt(shape.headDim),
    window,
    gain: null,
    masks: null,
  };
}

function maxError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  return worst;
}

const maskSpec: fc.Arbitrary<MaskSpec | null> = fc.option(
  fc.record({
    kind: fc.constant('sink-window' as const),
    sink: fc.constantFrom(0, 1, 4, 400),
    window: fc.constantFrom(1, 2, 16, 400),
  }),
  { nil: null },
);

/** What every implementation of the kernel must do. */
export function kernelConformance(
  name: string,
  create: (shape: AttentionShape, threads: number) => Promise<AttentionKernel>,
): void {
  const runKernel = runWith(create);
  describe(`${name} attention kernel`, () => {
    it('equals float64 attention over random shapes, windows, masks, first queries and score magnitudes', async () => {
      const shapes = fc.record({
        kvHeads: fc.integer({ min: 1, max: 3 }),
        perGroup: fc.constantFrom(1, 2, 4),
        headDim: fc.constantFrom(2, 8, 20, 64),
        tokens: fc.constantFrom(1, 2, 17, 130, 300),
        spread: fc.constantFrom(0.01, 1, 6),
        window: fc.constantFrom(null, 1, 3, 50),
        /** Share of the positions whose queries are left out. */
        skip: fc.constantFrom(0, 0, 0.4, 1),
        masks: fc.option(fc.array(maskSpec, { minLength: 12, maxLength: 12 }), { nil: null }),
        seed: fc.integer({ min: 1, max: 1_000_000 }),
      });
      await fc.assert(
        fc.asyncProperty(shapes, async ({ kvHeads, perGroup, headDim, tokens, spread, window, skip, masks, seed }) => {
          const shape = { heads: kvHeads * perGroup, kvHeads, headDim };
          const whole = randomInput(seed, shape, tokens, spread, window);
          const queryStart = Math.min(tokens - 1, Math.floor(skip * tokens));
          const q = whole.q.subarray(queryStart * shape.heads * headDim);
          const input = { ...whole, q, queryStart, masks: masks?.slice(0, shape.heads) ?? null };
          const expected = reference(shape, input);
          const actual = await runKernel(shape, input);
          const maxV = input.v.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
          expect(maxError(actual.z, expected.z)).toBeLessThanOrEqual((1e-6 + 2e-7 * expected.maxScore) * maxV);
          expect(maxError(actual.lse, expected.lse)).toBeLessThanOrEqual(1e-5 + 2e-7 * expected.maxScore);
          expect(maxError(actual.entropy, expected.entropy)).toBeLessThanOrEqual(2e-5 + 2e-6 * expected.maxScore);
          expect(maxError(actual.rowMax, expected.rowMax)).toBeLessThanOrEqual(2e-6 + 4e-7 * expected.maxScore);
          expect(maxError(actual.columnSum, expected.columnSum)).toBeLessThanOrEqual(1e-5 * tokens);
          expect(maxError(actual.meanDistance, expected.meanDistance)).toBeLessThanOrEqual(1e-5 * (tokens + 1));
        }),
        { numRuns: 40, seed: 7 },
      );
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
      const out = await runKernel(shape, input);
      expect(out.rowArgmax[295]).toBe(290);
      expect(out.rowArgmax[289]).toBeGreaterThanOrEqual(270);
      expect(out.rowMax[295]).toBeGreaterThan(0.5);
    });

    it('multiplies z by the gain of each head and leaves the statistics alone', async () => {
      const shape = { heads: 4, kvHeads: 2, headDim: 8 };
      const input = randomInput(3, shape, 40, 1, null);
      const clean = await runKernel(shape, input);
      const changed = await runKernel(shape, { ...input, gain: new Float32Array([1, 0, 0.5, -1]) });
      for (let i = 0; i < clean.z.length; i++) {
        const gain = [1, 0, 0.5, -1][Math.floor(i / 8) % 4]!;
        expect(changed.z[i]! === Math.fround(clean.z[i]! * gain)).toBe(true);
      }
      expect(changed.lse).toEqual(clean.lse);
      expect(changed.columnSum).toEqual(clean.columnSum);
    });

    it('with a mask that hides nothing gives what it gives without one', async () => {
      const shape = { heads: 4, kvHeads: 2, headDim: 8 };
      const input = randomInput(11, shape, 90, 1, 40);
      const covering: MaskSpec = { kind: 'sink-window', sink: 0, window: 90 };
      const masked = await runKernel(shape, { ...input, masks: [covering, null, covering, null] });
      expect(masked).toEqual(await runKernel(shape, input));
    });

    it('stops where the checkpoint throws', async () => {
      const shape = { heads: 2, kvHeads: 2, headDim: 8 };
      const kernel = await create(shape, 1);
      let calls = 0;
      const run = kernel.run(randomInput(5, shape, 600, 1, null), allocateAttentionOutput(shape, 600), () => {
        calls += 1;
        return Promise.reject(new Error('stop'));
      });
      await expect(run).rejects.toThrow('stop');
      expect(calls).toBe(1);
      await kernel.dispose();
    });
  });
}
