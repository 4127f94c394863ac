import { describe, expect, it } from 'vitest';
import type {
  BenchReport,
  KernelResult,
  MethodsResult,
  ModelResult,
  SuffixResult,
} from '../../../native/public/bench.ts';
import { formatBench, formatOneLine } from './bench-table.ts';

const machine: BenchReport['machine'] = {
  cpu: 'Some CPU',
  cores: 2,
  memoryGiB: 23.5,
  platform: 'linux x64',
  node: '20.19.0',
  threads: 2,
  addon: ['avx2', 'portable'],
  peakMemory: 'VmHWM - VmRSS',
  gemmGflops: 400,
};
const model: ModelResult = {
  case: 'gqa',
  variant: 'capture',
  n: 512,
  kernel: 'avx2',
  medianMs: 277.4,
  minMs: 260,
  firstMs: 353,
  loadMs: 50,
  ratio: 1.168,
  peakExtraMiB: 607.4,
  keptMiB: 57,
  limitMiB: 644,
  residualError: 5.4e-7,
  runs: 9,
};
const kernel: KernelResult = {
  case: 'kernel',
  variant: 'onnx',
  n: 1024,
  medianMs: null,
  firstMs: null,
  ratio: null,
  gflops: null,
  gemmShare: null,
  peakExtraMiB: null,
  runs: 0,
  notRun: 'Left out.',
};
const suffix: SuffixResult = {
  case: 'suffix',
  variant: 'suffix',
  n: 64,
  medianMs: 12.34,
  firstMs: 20,
  ratio: 0.0912,
  limitRatio: 0.125,
  peakExtraMiB: null,
  runs: 9,
};

const methods: MethodsResult = {
  case: 'methods',
  variant: 'h2o',
  n: 1024,
  medianMs: 142,
  firstMs: 160,
  selected: 0.2148,
  ratio: 2.0123,
  limitRatio: null,
  peakExtraMiB: null,
  runs: 9,
};

describe('formatBench', () => {
  const text = formatBench({ results: [model, kernel, suffix, methods], machine });

  it('names the machine and how memory was measured', () => {
    expect(text).toContain('Some CPU, 2 cores, 23.5 GiB; 2 threads; Node 20.19.0; attention addon: avx2, portable');
    expect(text).toContain('Peak: VmHWM - VmRSS; pages of mapped weights count');
    expect(formatBench({ results: [], machine: { ...machine, peakMemory: null } })).toContain(
      'Peak memory is not known',
    );
  });

  it('gives a table a case', () => {
    expect(text).toMatch(/^ +512 +capture +avx2 +277 +260 +353 +1\.17 +607 +644 +57 +5e-7$/m);
    expect(text).toMatch(/^ +64 +recompute, likelihoods +12\.3 +0\.091 +0\.125$/m);
    expect(text).toMatch(/^ +1024 +h2o +142 +2\.01 +21\.5 %/m);
    expect(text).toContain('matrix products here: 400 GFLOP/s');
  });

  it('says what was not run, and why', () => {
    expect(text).toMatch(/^ +1024 +onnx +not run$/m);
    expect(text).toContain('onnx, 1024 tokens: Left out.');
  });
});

describe('formatOneLine', () => {
  it('tells a result while others are measured', () => {
    expect(formatOneLine(model)).toBe('gqa 512 capture: 277 ms, ratio 1.17');
    expect(formatOneLine(kernel)).toBe('kernel 1024 onnx: Left out.');
  });
});
