import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, maxAbsError } from './compare.ts';
import { GOLDEN_CASES, loadGolden, type Golden } from './golden-cases.ts';
import { referenceForward, type ReferenceRun } from './reference-forward.ts';
import { referenceRope } from './reference-rope.ts';
import { createRng, randomIds } from './rng.ts';
import { describeWithTestData } from './test-data.ts';
import { writeTinyModel, type TinyModelOptions } from './tiny-model.ts';

describeWithTestData('reference forward on real models', 'models', () => {
  describe.each(GOLDEN_CASES)('$name', (golden) => {
    let expected: Golden;
    let run: ReferenceRun;
    beforeAll(async () => {
      expected = await loadGolden(golden);
      run = await referenceForward(expected.modelFolder, expected.ids);
    });

    // The references are stored as float32: half a unit in the last place of the largest value is their own error.
    it.each([
      ['attn', (r: ReferenceRun) => concat(r.layers.map((layer) => layer.attention)), 1e-7],
      ['scores_scaled', (r: ReferenceRun) => concat(r.layers.map((layer) => layer.scores)), 2e-6],
      ['q', (r: ReferenceRun) => concat(r.layers.map((layer) => layer.q)), 1e-6],
      ['k', (r: ReferenceRun) => concat(r.layers.map((layer) => layer.k)), 1e-6],
      ['v', (r: ReferenceRun) => concat(r.layers.map((layer) => layer.v)), 1e-6],
      ['resid', (r: ReferenceRun) => concat(r.residuals), 1e-6],
      ['logits', (r: ReferenceRun) => r.logits, 2e-6],
    ] as const)('%s', async (name, of, tolerance) => {
      const tensor = await expected.tensor(name);
      if (tensor) expect(maxAbsError(of(run), tensor.data)).toBeLessThan(tolerance);
      else expect(['scores_scaled', 'q', 'k', 'v', 'resid']).toContain(name);
    });
  });
});

describe('reference forward on random models', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headscope-reference-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ids = randomIds(createRng(3), 9, 61);
  let made = 0;
  async function run(
    options: TinyModelOptions,
    headGain?: (layer: number, head: number) => number,
  ): Promise<ReferenceRun> {
    const path = join(folder, String(made++));
    await writeTinyModel(path, options);
    return referenceForward(path, ids, headGain ? { headGain } : {});
  }

  it.each<TinyModelOptions>([
    { family: 'llama', heads: 4, kvHeads: 1, attentionBias: true, mlpBias: true, tied: false },
    { family: 'qwen2', kvHeads: 2, dtype: 'BF16' },
    { family: 'qwen3', kvHeads: 2, headDim: 6, attentionBias: true },
    { family: 'mistral', headDim: 12, config: { sliding_window: 3 } },
    { family: 'gpt2', prefix: false, tied: false },
  ])('gives attention that sums to one and sees no future: $family', async (options) => {
    const { layers, n, heads, logits } = await run(options);
    const window = (options.config?.['sliding_window'] as number | undefined) ?? Infinity;
    for (const { attention } of layers) {
      for (let row = 0; row < heads * n; row++) {
        const query = row % n;
        const cells = attention.subarray(row * n, (row + 1) * n);
        expect(cells.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        cells.forEach((p, key) => expect(p > 0).toBe(key <= query && query - key < window));
      }
    }
    expect(logits.every(Number.isFinite)).toBe(true);
    // Neither uniform nor one-hot, so that comparisons with it mean something.
    const last = layers[0]!.attention.subarray((n - 1) * n, n * n);
    expect(Math.max(...last)).toBeGreaterThan(1.3 / Math.min(n, window));
    expect(Math.max(...last)).toBeLessThan(0.999);
  });

  it('is the same for shards and for either style of GPT-2 names', async () => {
    const one = await run({ family: 'gpt2', seed: 5 });
    const other = await run({ family: 'gpt2', seed: 5, prefix: false, shards: 3 });
    expect(other.logits).toEqual(one.logits);
  });

  it('applies the gain to one head of z only', async () => {
    const options: TinyModelOptions = { family: 'llama', kvHeads: 2, seed: 9 };
    const clean = await run(options);
    const changed = await run(options, (layer, head) => (layer === 1 && head === 2 ? 0 : 1));
    expect(changed.residuals[1]).toEqual(clean.residuals[1]);
    const { z } = changed.layers[1]!;
    z.forEach((value, i) => expect(value).toBe(Math.floor(i / 8) % 4 === 2 ? 0 : clean.layers[1]!.z[i]));
    expect(maxAbsError(changed.logits, clean.logits)).toBeGreaterThan(1e-3);
  });

  it('reads both styles of rope configuration', async () => {
    const scaling = { factor: 4, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 };
    const old = await run({
      family: 'llama',
      config: { rope_theta: 500, rope_scaling: { type: 'llama3', ...scaling } },
    });
    const rope = { rope_type: 'llama3', rope_theta: 500, ...scaling };
    const recent = await run({ family: 'llama', config: { rope_theta: undefined, rope_parameters: rope } });
    expect(recent.logits).toEqual(old.logits);
  });
});

describe('reference rope', () => {
  const base = { rope_theta: 10000, max_position_embeddings: 128 };

  it('matches values worked out by hand', () => {
    const plain = referenceRope(base, 4, 10).inverseFrequencies;
    expect(plain).toEqual([1, 0.01]);
    expect(referenceRope({ ...base, rope_scaling: { type: 'linear', factor: 4 } }, 4, 10).inverseFrequencies).toEqual([
      0.25, 0.0025,
    ]);
    const dynamic = { ...base, rope_scaling: { type: 'dynamic', factor: 2 } };
    expect(referenceRope(dynamic, 4, 128).inverseFrequencies).toEqual(plain);
    // stretch = 2 x 256 / 128 - 1 = 3, base x 3^(4/2)
    expect(referenceRope(dynamic, 4, 256).inverseFrequencies[1]).toBeCloseTo(1 / Math.sqrt(90000), 15);
  });

  it('keeps fast pairs and stretches slow ones under yarn and llama3', () => {
    const yarn = { ...base, rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 4096 } };
    const { inverseFrequencies, attentionFactor } = referenceRope(yarn, 64, 10);
    const plain = referenceRope(base, 64, 10).inverseFrequencies;
    expect(inverseFrequencies[0]).toBe(plain[0]);
    expect(inverseFrequencies[31]).toBeCloseTo(plain[31]! / 4, 15);
    expect(attentionFactor).toBeCloseTo(0.1 * Math.log(4) + 1, 15);

    const llama3 = {
      ...base,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
    };
    const stretched = referenceRope(llama3, 64, 10).inverseFrequencies;
    stretched.forEach((frequency, i) => {
      const wavelength = (2 * Math.PI) / plain[i]!;
      if (wavelength < 2048) expect(frequency).toBe(plain[i]);
      else if (wavelength > 8192) expect(frequency).toBe(plain[i]! / 8);
      else expect(frequency > plain[i]! / 8 && frequency < plain[i]!).toBe(true);
    });
  });
});
