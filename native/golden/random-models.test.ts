/** The engine against the plain float64 forward, on random small models of every family. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concat, maxAbsError } from '../testing/compare.ts';
import { referenceForward, type ReferenceRun } from '../testing/reference-forward.ts';
import { createRng, randomIds } from '../testing/rng.ts';
import { writeTinyModel, type TinyModelOptions } from '../testing/tiny-model.ts';
import { EngineUnderTest, everyLayer } from './engine-tensors.ts';
import { ParityTable } from './parity-table.ts';

const LENGTHS = [1, 2, 17, 300];
const ATTENTION_LIMIT = 1e-5;
const LIMIT = 1e-4;

const yarn = { factor: 4, original_max_position_embeddings: 128 };
const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };

const MODELS: Readonly<Record<string, TinyModelOptions>> = {
  'llama, r = 1': { family: 'llama' },
  'llama, r = 2, untied': { family: 'llama', kvHeads: 2, tied: false },
  'llama, r = 4, biases': { family: 'llama', heads: 8, kvHeads: 2, attentionBias: true, mlpBias: true },
  'llama, head_dim 64': { family: 'llama', heads: 2, kvHeads: 1, headDim: 64, layers: 3 },
  'llama, head_dim 20': { family: 'llama', heads: 6, kvHeads: 3, headDim: 20, dModel: 48 },
  'llama, F16, shards': { family: 'llama', kvHeads: 2, dtype: 'F16', shards: 3 },
  'llama, BF16, untied': { family: 'llama', kvHeads: 1, dtype: 'BF16', tied: false },
  'llama, rope linear': { family: 'llama', kvHeads: 2, config: { rope_scaling: { type: 'linear', factor: 4 } } },
  'llama, rope dynamic': {
    family: 'llama',
    kvHeads: 2,
    context: 100,
    config: { rope_scaling: { rope_type: 'dynamic', factor: 4 } },
  },
  'llama, rope yarn': {
    family: 'llama',
    kvHeads: 2,
    headDim: 16,
    config: { rope_scaling: { rope_type: 'yarn', ...yarn } },
  },
  'llama, rope yarn, mscale': {
    family: 'llama',
    headDim: 16,
    config: {
      rope_theta: undefined,
      rope_parameters: {
        rope_type: 'yarn',
        rope_theta: 500,
        ...yarn,
        mscale: 0.7,
        mscale_all_dim: 1.3,
        truncate: false,
        beta_fast: 16,
        beta_slow: 2,
      },
    },
  },
  'llama, rope yarn, attention_factor': {
    family: 'llama',
    headDim: 16,
    config: { rope_scaling: { type: 'yarn', ...yarn, attention_factor: 0.9 } },
  },
  'llama, rope llama3': {
    family: 'llama',
    kvHeads: 2,
    headDim: 16,
    config: { rope_theta: 5000, rope_scaling: { rope_type: 'llama3', ...llama3 } },
  },
  qwen2: { family: 'qwen2', kvHeads: 2 },
  'qwen2, windows by depth': {
    family: 'qwen2',
    layers: 3,
    kvHeads: 1,
    tied: false,
    config: { use_sliding_window: true, sliding_window: 11, max_window_layers: 1 },
  },
  'qwen2, layer_types': {
    family: 'qwen2',
    layers: 3,
    config: {
      use_sliding_window: true,
      sliding_window: 5,
      layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'],
    },
  },
  'qwen2, unused window': {
    family: 'qwen2',
    kvHeads: 2,
    dtype: 'BF16',
    config: { sliding_window: 3, max_window_layers: 0 },
  },
  'qwen3, head_dim 24': { family: 'qwen3', kvHeads: 2, headDim: 24 },
  'qwen3, biases, F16': {
    family: 'qwen3',
    heads: 8,
    kvHeads: 2,
    headDim: 12,
    attentionBias: true,
    tied: false,
    dtype: 'F16',
  },
  'mistral, window 7': { family: 'mistral', kvHeads: 1, headDim: 12, tied: false, config: { sliding_window: 7 } },
  'mistral, window 290': { family: 'mistral', kvHeads: 2, config: { sliding_window: 290 } },
  'mistral, no window': { family: 'mistral', kvHeads: 2, dtype: 'BF16' },
  gpt2: { family: 'gpt2' },
  'gpt2, bare names, untied': { family: 'gpt2', prefix: false, tied: false, mlp: 128, shards: 2 },
  'gpt2, layer-wise scale, F16': {
    family: 'gpt2',
    layers: 3,
    dtype: 'F16',
    config: { scale_attn_by_inverse_layer_idx: true },
  },
  'gpt2, unscaled, BF16': { family: 'gpt2', heads: 8, dtype: 'BF16', config: { scale_attn_weights: false } },
};

const table = new ParityTable('engine (float32) against the float64 reference, random models, n = 1, 2, 17, 300');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headscope-random-'));
});
afterAll(async () => {
  table.print();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(MODELS).map(([name, options], seed) => ({ name, options, seed })))(
  '$name',
  ({ name, options, seed }) => {
    const engine = new EngineUnderTest();
    let path: string;
    beforeAll(async () => {
      path = join(folder, String(seed));
      await writeTinyModel(path, { ...options, seed: seed + 100 });
      await engine.open(path);
    });
    afterAll(() => engine.dispose());

    it.each(LENGTHS)('n = %i', async (n) => {
      const ids = randomIds(createRng(1000 * seed + n), n, engine.info.vocabSize);
      const expected = await referenceForward(path, ids);
      const { runId, next } = await engine.run(ids);
      const { layers } = engine.info;
      const tensors = await engine.tensors(runId, [
        ...['q', 'k', 'rot_q', 'rot_k', 'v', 'z', 'attn_scores'].map((hook) => `attn.hook_${hook}`),
        ...['hook_resid_pre', 'hook_resid_post', 'logits'],
      ]);
      const check = (tensor: string, actual: ArrayLike<number>, reference: ArrayLike<number>, limit = LIMIT): void => {
        const error = maxAbsError(actual, reference);
        table.add(name, tensor, error, limit);
        expect(error, tensor).toBeLessThan(limit);
      };
      const layerwise = (hook: string): Float64Array => concat(everyLayer(tensors, hook, layers));
      const reference = (
        part: 'q' | 'k' | 'v' | 'z' | 'qBeforeRope' | 'kBeforeRope' | 'scores' | 'attention',
      ): Float64Array => concat(expected.layers.map((layer) => layer[part]));

      const visible = reference('attention');
      const attention = concat(await engine.attentionByTiles(runId, n));
      attention.forEach((p, cell) => expectMask(Number.isNaN(p), visible[cell]!));
      check(
        'attention',
        attention.map((p) => (Number.isNaN(p) ? 0 : p)),
        visible,
        ATTENTION_LIMIT,
      );
      const scores = layerwise('attn.hook_attn_scores');
      check(
        'scores',
        scores,
        reference('scores').map((score, i) => (scores[i] === -Infinity ? -Infinity : score)),
      );
      check('q', layerwise('attn.hook_rot_q'), reference('q'));
      check('k', layerwise('attn.hook_rot_k'), reference('k'));
      check('q, raw', layerwise('attn.hook_q'), reference('qBeforeRope'));
      check('k, raw', layerwise('attn.hook_k'), reference('kBeforeRope'));
      check('v', layerwise('attn.hook_v'), reference('v'));
      check('z', layerwise('attn.hook_z'), reference('z'));
      const residuals = [layerwise('hook_resid_pre'), tensors.get(`blocks.${layers - 1}.hook_resid_post`)!];
      check('resid', concat(residuals), concat(expected.residuals));
      check('logits', tensors.get('logits')!, expected.logits);
      expect(next[0]!.id).toBe(likeliest(expected));
    });
  },
);

/** A probability may underflow to 0, so a visible cell need not be positive; a masked one is exactly 0. */
function expectMask(masked: boolean, p: number): void {
  if (masked ? p !== 0 : p === 0)
    expect.fail(`A cell is ${masked ? 'masked' : 'visible'} where the reference has ${p}.`);
}

function likeliest({ logits, n, vocab }: ReferenceRun): number {
  const last = logits.subarray((n - 1) * vocab);
  return last.indexOf(Math.max(...last));
}
