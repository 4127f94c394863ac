import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMask, cutMask } from '../testing/any-mask.ts';
import { maxAbsError } from '../testing/compare.ts';
import {
  anyProblem,
  expectStatistics,
  kernelConformance,
  problemOf,
  randomInput,
  runKernel,
} from '../testing/kernel-conformance.ts';
import { createAddonKernel } from './addon-kernel.ts';
import { allocateAttentionOutput, type AttentionShape } from './kernel.ts';
import { loadAddon } from './load-addon.ts';
import { allocateExtras, allocateRowStatistics } from './statistics.ts';

const loaded = loadAddon(`${import.meta.dirname}/../../out/addon/attention.node`);

if (loaded.addon === null) {
  it.skip(`C++ attention kernel: ${loaded.reason}`, () => undefined);
} else {
  const { addon } = loaded;
  for (const implementation of addon.implementations()) {
    kernelConformance(`C++ ${implementation}`, (shape, threads) =>
      Promise.resolve(createAddonKernel(addon, shape, threads, implementation)),
    );

    describe(`C++ ${implementation}`, () => {
      const create = (shape: AttentionShape, threads: number) =>
        Promise.resolve(createAddonKernel(addon, shape, threads, implementation));

      it('gathers on request what float64 says, over random problems', async () => {
        const problems = fc.tuple(anyProblem, fc.array(anyMask, { minLength: 12, maxLength: 12 }), anyMask);
        await fc.assert(
          fc.asyncProperty(problems, async ([made, keptMasks, listed]) => {
            const { shape, input: plain } = problemOf(made);
            const { tokens } = plain;
            const rows = tokens - plain.queryStart;
            const targets = cutMask({ ...listed, kind: 'row-keys' }, tokens, rows);
            if (targets.kind !== 'row-keys') throw new Error('Not a list.');
            const weights = Float32Array.from({ length: shape.heads * tokens }, (_, at) => (at % 7) / 3);
            const classes = Int32Array.from({ length: tokens }, (_, key) => (key * key) % 5);
            const shifted = Int32Array.from(classes, (_, key) => (key === 0 ? -1 : classes[key - 1]!));
            const sinkKeys = Int32Array.from([0, 1, 3, 40, 41, 128, 299].filter((key) => key < tokens));
            const input = {
              ...plain,
              extra: {
                sumSquares: true,
                sinkFree: sinkKeys,
                spread: { topP: 0.9 },
                matches: [
                  { rows: classes.subarray(plain.queryStart), keys: classes, self: true },
                  { rows: classes.subarray(plain.queryStart), keys: shifted, self: false },
                ],
                histogram: true,
                targets,
                keyWeights: weights,
                keptUnder: keptMasks.slice(0, shape.heads).map((mask) => cutMask(mask, tokens, rows)),
              },
            };
            const output = await runKernel(create, shape, input);
            const expected = expectStatistics(shape, input, output);
            const s = expected.maxScore;
            const p = 2e-6 + 6e-7 * s;
            const extra = output.extra!;
            expect(maxAbsError(extra.sumSquares!, expected.sumSquares)).toBeLessThanOrEqual(p);
            expect(maxAbsError(extra.targetMass!, expected.targetMass)).toBeLessThanOrEqual(p);
            expect(maxAbsError(extra.keptMass!, expected.keptMass)).toBeLessThanOrEqual(p);
            expect(maxAbsError(extra.weightedMass!, expected.weightedMass)).toBeLessThanOrEqual(3 * p);
            extra.matchMass!.forEach((mass, list) =>
              expect(maxAbsError(mass, expected.matchMass[list]!)).toBeLessThanOrEqual(p),
            );
            // Of weights that differ by up to a sixteenth, one bin makes one.
            expect(maxAbsError(extra.spread!.gini, expected.gini)).toBeLessThanOrEqual(0.016 + p);
            extra.spread!.topWidth.forEach((width, at) => {
              const exact = expected.topWidth[at]!;
              expect(Math.abs(width - exact)).toBeLessThanOrEqual(1 + 0.07 * exact);
            });
            const rest = extra.sinkFree!;
            expect(maxAbsError(rest.mass, expected.restMass)).toBeLessThanOrEqual(p);
            // Where next to nothing is left, the shares of it lie at the end of float32.
            const left = (all: Float32Array | Float64Array, widths = 1) =>
              all.filter((_, at) => {
                const row = Math.floor(at / (rows * widths)) * rows + (at % rows);
                return expected.restMass[row]! > 1e-20;
              });
            expect(maxAbsError(left(rest.entropy), left(expected.restEntropy))).toBeLessThanOrEqual(2e-5 + 2e-6 * s);
            expect(maxAbsError(left(rest.meanDistance), left(expected.restMeanDistance))).toBeLessThanOrEqual(
              1e-5 * (tokens + 1),
            );
            expect(maxAbsError(left(rest.localMass, 3), left(expected.restLocalMass, 3))).toBeLessThanOrEqual(p);
            // Cells at the edge of a bin, or of float32, may fall to either side.
            const histogramError = extra.histogram!.reduce(
              (sum, count, at) => sum + Math.abs(count - expected.histogram[at]!),
              0,
            );
            const cells = expected.histogram.reduce((a, b) => a + b, 0);
            expect(histogramError).toBeLessThanOrEqual(2 + cells * (1e-3 + 1e-5 * s) + tiny(expected.p));
          }),
          { numRuns: 30, seed: 9 },
        );
      });

      it('gives the same bits without values, columns and pool, whatever the number of threads', async () => {
        const shape = { heads: 4, kvHeads: 2, headDim: 20 };
        const tokens = 3000;
        const classes = Int32Array.from({ length: tokens }, (_, key) => key % 11);
        const extra = {
          sumSquares: true,
          sinkFree: Int32Array.of(0, 700),
          spread: { topP: 0.8 },
          matches: [{ rows: classes, keys: classes, self: true }],
        };
        const input = { ...randomInput(8, shape, tokens, 1, null), extra };
        const run = async (threads: number, lean: boolean) => {
          const whole = allocateAttentionOutput(shape, tokens);
          const output = {
            ...whole,
            ...(lean && { z: new Float32Array(0), statistics: allocateRowStatistics(shape, tokens) }),
            extra: allocateExtras(shape, tokens, extra),
          };
          await createAddonKernel(addon, shape, threads, implementation).run(input, output, () => Promise.resolve());
          const { entropy, rowMax, meanDistance, localMass, distance } = output.statistics!;
          return { lse: output.lse, extra: output.extra, entropy, rowMax, meanDistance, localMass, distance };
        };
        const expected = await run(1, false);
        expect(await run(1, true)).toEqual(expected);
        expect(await run(3, true)).toEqual(expected);
      });

      it('gives the same bits whatever else is asked for, where no sink key lies past the first four', async () => {
        const shape = { heads: 4, kvHeads: 2, headDim: 20 };
        const tokens = 300;
        const input = randomInput(6, shape, tokens, 1.5, null);
        const plain = await runKernel(create, shape, input);
        const classes = Int32Array.from({ length: tokens }, (_, key) => key % 7);
        const rest = async (sinkFree: Int32Array) => {
          const { extra, ...others } = await runKernel(create, shape, { ...input, extra: { sinkFree } });
          expect(others).toEqual({ z: plain.z, lse: plain.lse, statistics: plain.statistics });
          return extra!.sinkFree!;
        };
        for (const sinkFree of [[], [0], [1, 3], [0, 1, 2, 3]].map((keys) => Int32Array.from(keys))) {
          const alone = await rest(sinkFree);
          const all = await runKernel(create, shape, {
            ...input,
            extra: {
              sinkFree,
              sumSquares: true,
              spread: { topP: 0.9 },
              matches: [{ rows: classes, keys: classes, self: false }],
              keyWeights: new Float32Array(shape.heads * tokens).fill(0.5),
            },
          });
          expect({ ...all, extra: null }).toEqual(plain);
          expect(all.extra!.sinkFree).toEqual(alone);
        }
      });

      it('gives the same bits whatever the number of threads', async () => {
        const shape = { heads: 4, kvHeads: 2, headDim: 20 };
        const input = randomInput(8, shape, 5000, 1, null);
        const run = async (threads: number) => {
          const output = allocateAttentionOutput(shape, 5000);
          await createAddonKernel(addon, shape, threads, implementation).run(input, output, () => Promise.resolve());
          return output;
        };
        const one = await run(1);
        expect(await run(2)).toEqual(one);
        expect(await run(5)).toEqual(one);
      });
    });
  }

  /** Probabilities that float32 rounds to 0. */
  function tiny(p: Float64Array): number {
    return p.filter((value) => value > 0 && value < 1e-36).length;
  }

  it('refuses arrays that do not fit instead of reading past them', () => {
    const shape = { heads: 2, kvHeads: 1, headDim: 8 };
    const input = randomInput(1, shape, 10, 1, null);
    const kernel = createAddonKernel(addon, shape, 1);
    const output = allocateAttentionOutput(shape, 10);
    const run = (change: object) => kernel.run({ ...input, ...change }, output, () => Promise.resolve());
    return Promise.all([
      expect(run({ k: new Float32Array(79) })).rejects.toThrow('k does not fit.'),
      expect(run({ tokens: 11 })).rejects.toThrow('does not fit'),
      expect(run({ gain: new Float32Array(3) })).rejects.toThrow('gain does not fit.'),
      expect(run({ queryStart: 10 })).rejects.toThrow('sizes'),
      expect(run({ masks: [null] })).rejects.toThrow('masks does not fit.'),
      expect(run({ extra: { sinkFree: Int32Array.of(3, 2) } })).rejects.toThrow('sinkKeys does not fit.'),
      expect(run({ extra: { sinkFree: Int32Array.of(10) } })).rejects.toThrow('sinkKeys does not fit.'),
      expect(run({ masks: [null, { kind: 'blocks', size: 3, kept: new Uint8Array(15) }] })).rejects.toThrow('masks'),
      expect(
        run({ masks: [null, { kind: 'row-keys', offsets: new Int32Array(11).fill(1), keys: new Int32Array(0) }] }),
      ).rejects.toThrow('masks'),
    ]);
  });

  it('says which instruction sets it has, plain vectors last', () => {
    expect(addon.implementations().at(-1)).toBe(process.arch === 'arm64' ? 'neon' : 'portable');
    const shape = { heads: 1, kvHeads: 1, headDim: 2 };
    const kernel = createAddonKernel(addon, shape, 1, 'mmx');
    const run = kernel.run(randomInput(1, shape, 3, 1, null), allocateAttentionOutput(shape, 3), () =>
      Promise.resolve(),
    );
    return expect(run).rejects.toThrow('This processor has no mmx.');
  });
}
