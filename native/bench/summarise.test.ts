import { describe, expect, it } from 'vitest';
import type { VariantMeasured } from './job.ts';
import { summariseKernels, summariseModel, summariseSuffix } from './summarise.ts';
import { parseVariant } from './variant.ts';

const MIB = 2 ** 20;
const measured = (warmMs: number[], firstMs: number, peakMiB: number | null, keptMiB = 0): VariantMeasured => ({
  kernel: 'k',
  loadMs: 5,
  firstMs,
  warmMs,
  peakExtraBytes: peakMiB === null ? null : peakMiB * MIB,
  keptBytes: keptMiB * MIB,
});
const answers = (name: string, all: VariantMeasured[], notRun?: string) => ({
  variant: parseVariant(name),
  measured: all,
  notRun,
  residualError: name === 'plain' ? null : 1e-6,
});

describe('summariseModel', () => {
  it('takes medians of medians, ratios to plain and the limit on memory', () => {
    const plain = [measured([10, 20, 30], 50, 100), measured([40, 40], 70, 120), measured([10], 60, 90)];
    const capture = [measured([30], 90, 180, 64)];
    const [first, second] = summariseModel('gqa', 8, [answers('plain', plain), answers('capture', capture)]);
    expect(first).toMatchObject({ case: 'gqa', n: 8, medianMs: 20, minMs: 10, firstMs: 60, ratio: 1, runs: 6 });
    expect(first).toMatchObject({ peakExtraMiB: 100, limitMiB: null, residualError: null });
    expect(second).toMatchObject({ medianMs: 30, ratio: 1.5, peakExtraMiB: 180, keptMiB: 64, limitMiB: 184 });
  });

  it('leaves numbers out that it does not have', () => {
    const results = summariseModel('gqa', 8, [
      answers('capture', [measured([30], 90, null, 64)]),
      answers('materialised', [], 'Too large.'),
    ]);
    expect(results[0]).toMatchObject({ medianMs: 30, ratio: null, peakExtraMiB: null, limitMiB: null });
    expect(results[1]).toMatchObject({ medianMs: null, peakExtraMiB: null, runs: 0, notRun: 'Too large.' });
  });
});

describe('summariseSuffix', () => {
  it('holds a recompute against a full run and an even share of the layers', () => {
    const timings = (ms: number) => ({ firstMs: 2 * ms, warmMs: [ms, ms] });
    const all = summariseSuffix(64, [{ layers: 12, full: timings(100), suffix: timings(10), recompute: timings(5) }]);
    expect(all.map(({ variant, ratio, limitRatio }) => [variant, ratio, limitRatio])).toEqual([
      ['full', 1, null],
      ['suffix', 0.1, 0.125],
      ['recompute', 0.05, null],
    ]);
  });
});

describe('summariseKernels', () => {
  it('gives rates, shares of the rate of matrix products, and reasons', () => {
    const timings = { firstMs: 9, warmMs: [2, 2, 3] };
    const rows = [
      { variant: 'GroupQueryAttention', tokens: 8, flops: 4e8, outcome: timings },
      { variant: 'avx2', tokens: 8, flops: 4e8, outcome: { firstMs: 1, warmMs: [1] } },
      { variant: 'onnx', tokens: 8, flops: 4e8, outcome: { notRun: 'Left out.' } },
    ];
    const [fused, avx2, onnx] = summariseKernels({ gemmGflops: 800, rows });
    expect(fused).toMatchObject({ medianMs: 2, ratio: 1, gflops: 200, gemmShare: 0.25 });
    expect(avx2).toMatchObject({ ratio: 0.5, gflops: 400, gemmShare: 0.5 });
    expect(onnx).toMatchObject({ medianMs: null, gflops: null, notRun: 'Left out.' });
  });
});
