import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxKernel } from '../attention/onnx-kernel.ts';
import { runForward } from '../forward/forward.ts';
import { SegmentSessions } from '../forward/segment-sessions.ts';
import { openModel, type OpenModel } from '../model/open-model.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { relativeError } from './relative-error.ts';
import { patternName } from './whole-graph.ts';
import { createWholeModel } from './whole-model.ts';

const THREADS = 2;
const TOKENS = 100;
const ids = Int32Array.from({ length: TOKENS }, (_, i) => (i * 17 + 3) % 61);

/** Their attention is neither uniform nor one-hot, as that of the measured models is. */
const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  gpt2: { family: 'gpt2', dModel: 64 },
  gqa: { family: 'qwen2', dModel: 64, kvHeads: 2, layers: 3, dtype: 'F16' },
};

describe.each(Object.entries(MODELS))('%s as one graph', (_name, model) => {
  let folder: string;
  let opened: OpenModel;
  let expected: Float32Array;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headscope-whole-'));
    await writeTinyModel(folder, model);
    opened = await openModel({ folder, source: 'folder' });
    const { architecture, weights, weightsFolder, info } = opened;
    const sessions = new SegmentSessions({
      architecture,
      weights,
      weightsFolder,
      parameters: info.parameters,
      threads: THREADS,
    });
    const kernel = await createOnnxKernel(architecture, THREADS);
    const job = { signal: new AbortController().signal, progress: () => undefined };
    const capture = await runForward({ architecture, sessions, kernel }, { ids, gain: () => null }, job);
    expected = capture.resid.at(-1)!;
    await sessions.dispose();
    await kernel.dispose();
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('with fused attention ends in the residual of the segmented forward', async () => {
    const whole = await createWholeModel(opened, 'fused', THREADS);
    const out = await whole.run(ids);
    expect(Object.keys(out)).toEqual(['resid']);
    expect(relativeError(out['resid'] as Float32Array, expected)).toBeLessThan(1e-5);
    await whole.dispose();
  });

  it('with maps does too, and every row of every map sums to 1 without a look ahead', async () => {
    const whole = await createWholeModel(opened, 'maps', THREADS);
    const out = await whole.run(ids);
    expect(relativeError(out['resid'] as Float32Array, expected)).toBeLessThan(1e-5);
    const { layers, heads } = opened.architecture;
    for (let layer = 0; layer < layers; layer++) {
      const pattern = out[patternName(layer)] as Float32Array;
      expect(pattern.length).toBe(heads * TOKENS * TOKENS);
      for (let row = 0; row < heads * TOKENS; row++) {
        const query = row % TOKENS;
        const cells = pattern.subarray(row * TOKENS, (row + 1) * TOKENS);
        expect(cells.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        expect(cells.subarray(query + 1).every((p) => p === 0)).toBe(true);
      }
    }
    await whole.dispose();
  });
});

describe('relativeError', () => {
  it('is the largest difference over the largest value', () => {
    expect(relativeError(new Float32Array([1, -4.5]), new Float32Array([1, -4]))).toBe(0.125);
    expect(relativeError(new Float32Array(2), new Float32Array(2))).toBe(0);
  });
  it('is infinite where something is no number', () => {
    expect(relativeError(new Float32Array([NaN]), new Float32Array([1]))).toBe(Infinity);
  });
});
