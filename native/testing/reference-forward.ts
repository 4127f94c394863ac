/**
 * A plain float64 forward pass, for checking the engine against. It is written for being read: full matrices, one
 * loop a formula, nothing shared with the product but the reading of weights. Formulas and defaults are those of
 * Hugging Face transformers' Llama, Qwen2, Qwen3, Mistral and GPT-2.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWeights, readTensorF32, type WeightIndex } from '../safetensors/index.ts';
import { referenceRope } from './reference-rope.ts';

export interface ReferenceOptions {
  /** Multiplies z of a query head before the output projection; default 1. */
  readonly headGain?: (layer: number, head: number) => number;
  /** Whether a query head may see a key, on top of causality and the layer's window; default true. */
  readonly visible?: (layer: number, head: number, query: number, key: number) => boolean;
  /** Whether a query head attends alike to everything it sees; default false. */
  readonly uniform?: (layer: number, head: number) => boolean;
  /** The residual that enters a layer, [n, d], as it is to be. */
  readonly residual?: (layer: number, x: Float64Array, width: number) => Float64Array;
  /** Attention of a layer, in place of all of the above but the residual. */
  readonly attention?: (inputs: AttentionInputs) => Attended;
  /** The final norm has the scale of this residual, [n, d], in place of that of the run's own. */
  readonly finalScaleOf?: Float64Array;
}

/** What the attention of a layer is computed from. q, k and v are [n, H, dh] and [n, G, dh], after RoPE. */
export interface AttentionInputs {
  readonly layer: number;
  readonly n: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  /** Of scores. */
  readonly scale: number;
  /** Keys that a query sees, itself included. */
  readonly window: number;
  /** Of so many heads, [n, heads, dh]: turned to each row's position as q and k are. */
  readonly rotated: (x: Float64Array, heads: number) => Float64Array;
}

export type Attended = Pick<ReferenceLayer, 'q' | 'k' | 'v' | 'scores' | 'attention' | 'z' | 'lse'>;

/** What the attention of one layer is changed by. */
interface Changes {
  readonly gain: (head: number) => number;
  readonly visible: (head: number, query: number, key: number) => boolean;
  readonly uniform: (head: number) => boolean;
}

/** n tokens, H query heads, G KV heads, dh head dimension, d model width. All row-major. */
export interface ReferenceLayer {
  /** After bias and QK-norm, before RoPE. [n, H, dh] and [n, G, dh]. */
  readonly qBeforeRope: Float64Array;
  readonly kBeforeRope: Float64Array;
  /** After RoPE; equal to the ones above where there is none. */
  readonly q: Float64Array;
  readonly k: Float64Array;
  /** [n, G, dh] */
  readonly v: Float64Array;
  /** Scaled, before the mask. [H, n, n], query row, key column. */
  readonly scores: Float64Array;
  /** 0 where masked. [H, n, n] */
  readonly attention: Float64Array;
  /** Log of the sum of exponentials of the scores that are seen; -Infinity where none is. [H, n] */
  readonly lse: Float64Array;
  /** Per-head output before the output projection, after the gain. [n, H, dh] */
  readonly z: Float64Array;
}

export interface ReferenceRun {
  readonly n: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dModel: number;
  readonly vocab: number;
  /** L + 1 of [n, d]: the embeddings, then the output of every layer. */
  readonly residuals: readonly Float64Array[];
  readonly layers: readonly ReferenceLayer[];
  /** [n, vocab] */
  readonly logits: Float64Array;
}

export type ReferenceConfig = Readonly<Record<string, unknown>>;
type Config = ReferenceConfig;

interface Spec {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dModel: number;
  readonly vocab: number;
}

/** Weights by name in float64. */
export type ReferenceWeights = (name: string) => Promise<Float64Array | undefined>;
type Weights = ReferenceWeights;

/** A model that runs ids. */
export type ReferenceModel = (ids: ArrayLike<number>, options?: ReferenceOptions) => Promise<ReferenceRun>;

/** Runs `ids` through the model of a folder. */
export async function referenceForward(
  folder: string,
  ids: ArrayLike<number>,
  options: ReferenceOptions = {},
): Promise<ReferenceRun> {
  return (await openReference(folder))(ids, options);
}

/** The model of a folder; its weights are read once each. */
export async function openReference(folder: string): Promise<ReferenceModel> {
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Config;
  return referenceModel(config, cachedWeights(await openWeights(folder)));
}

const FORWARDS: Readonly<Record<string, typeof llamaLikeForward>> = {
  gpt2: gpt2Forward,
  'attn-only': attentionOnlyForward,
};

export function referenceModel(config: ReferenceConfig, weights: ReferenceWeights): ReferenceModel {
  const forward = FORWARDS[config['model_type'] as string] ?? llamaLikeForward;
  return (ids, options = {}) => forward(config, weights, Array.from(ids), options);
}

/** Attention of a layer under the options. */
function attended(options: ReferenceOptions, inputs: AttentionInputs): Attended {
  if (options.attention) return options.attention(inputs);
  const { layer } = inputs;
  const { headGain = () => 1, visible = () => true, uniform = () => false } = options;
  return attend(inputs, {
    gain: (head) => headGain(layer, head),
    visible: (head, query, key) => visible(layer, head, query, key),
    uniform: (head) => uniform(layer, head),
  });
}

function cachedWeights(index: WeightIndex): Weights {
  const cache = new Map<string, Float64Array>();
  return async (name) => {
    const entry = index.tensors.get(name);
    if (!entry) return undefined;
    const known = cache.get(name) ?? Float64Array.from(await readTensorF32(entry));
    cache.set(name, known);
    return known;
  };
}

async function need(weights: Weights, name: string): Promise<Float64Array> {
  const found = await weights(name);
  if (!found) throw new Error(`Reference: no tensor ${name}.`);
  return found;
}

async function llamaLikeForward(
  config: Config,
  weights: Weights,
  ids: readonly number[],
  options: ReferenceOptions,
): Promise<ReferenceRun> {
  const n = ids.length;
  const heads = config['num_attention_heads'] as number;
  const dModel = config['hidden_size'] as number;
  const spec: Spec = {
    layers: config['num_hidden_layers'] as number,
    heads,
    kvHeads: (config['num_key_value_heads'] as number | null | undefined) ?? heads,
    headDim: (config['head_dim'] as number | null | undefined) ?? dModel / heads,
    dModel,
    vocab: config['vocab_size'] as number,
  };
  const { kvHeads, headDim, vocab } = spec;
  const epsilon = (config['rms_norm_eps'] as number | undefined) ?? 1e-6;
  const mlp = config['intermediate_size'] as number;
  const rope = referenceRope(config, headDim, n);
  const linear = async (x: Float64Array, name: string, inputs: number, outputs: number): Promise<Float64Array> =>
    matmul(
      x,
      transpose(await need(weights, `${name}.weight`), outputs, inputs),
      n,
      inputs,
      outputs,
      await weights(`${name}.bias`),
    );

  const embedding = await need(weights, 'model.embed_tokens.weight');
  let x = gatherRows(embedding, ids, dModel);
  const residuals: Float64Array[] = [];
  const layers: ReferenceLayer[] = [];
  for (let layer = 0; layer < spec.layers; layer++) {
    x = options.residual?.(layer, x, dModel) ?? x;
    residuals.push(x);
    const at = `model.layers.${layer}`;
    const normed = rmsNorm(x, await need(weights, `${at}.input_layernorm.weight`), epsilon);
    let qBeforeRope = await linear(normed, `${at}.self_attn.q_proj`, dModel, heads * headDim);
    let kBeforeRope = await linear(normed, `${at}.self_attn.k_proj`, dModel, kvHeads * headDim);
    const v = await linear(normed, `${at}.self_attn.v_proj`, dModel, kvHeads * headDim);
    if (config['model_type'] === 'qwen3') {
      qBeforeRope = rmsNorm(qBeforeRope, await need(weights, `${at}.self_attn.q_norm.weight`), epsilon);
      kBeforeRope = rmsNorm(kBeforeRope, await need(weights, `${at}.self_attn.k_norm.weight`), epsilon);
    }
    const rotated = (before: Float64Array, count: number): Float64Array =>
      rotate(before, n, count, headDim, rope.inverseFrequencies, rope.attentionFactor);
    const q = rotated(qBeforeRope, heads);
    const k = rotated(kBeforeRope, kvHeads);
    const window = windowOf(config, layer);
    const scale = 1 / Math.sqrt(headDim);
    const attention = attended(options, { layer, n, ...spec, q, k, v, scale, window, rotated });
    const afterAttention = sum(x, await linear(attention.z, `${at}.self_attn.o_proj`, heads * headDim, dModel));

    const middle = rmsNorm(afterAttention, await need(weights, `${at}.post_attention_layernorm.weight`), epsilon);
    const gate = (await linear(middle, `${at}.mlp.gate_proj`, dModel, mlp)).map((g) => g / (1 + Math.exp(-g)));
    const up = await linear(middle, `${at}.mlp.up_proj`, dModel, mlp);
    const hidden = gate.map((g, i) => g * up[i]!);
    x = sum(afterAttention, await linear(hidden, `${at}.mlp.down_proj`, mlp, dModel));
    layers.push({ qBeforeRope, kBeforeRope, ...attention });
  }
  residuals.push(x);
  const final = rmsNorm(x, await need(weights, 'model.norm.weight'), epsilon, options.finalScaleOf);
  const head = config['tie_word_embeddings'] === true ? embedding : await need(weights, 'lm_head.weight');
  const logits = matmul(final, transpose(head, vocab, dModel), n, dModel, vocab);
  return { n, heads, kvHeads, headDim, dModel, vocab, residuals, layers, logits };
}

/** Neither window nor rotation. */
const PLAIN = { window: Infinity, rotated: (x: Float64Array): Float64Array => x };

async function gpt2Forward(
  config: Config,
  weights: Weights,
  ids: readonly number[],
  options: ReferenceOptions,
): Promise<ReferenceRun> {
  const n = ids.length;
  const heads = config['n_head'] as number;
  const dModel = config['n_embd'] as number;
  const vocab = config['vocab_size'] as number;
  const headDim = dModel / heads;
  const spec: Spec = { layers: config['n_layer'] as number, heads, kvHeads: heads, headDim, dModel, vocab };
  const epsilon = config['layer_norm_epsilon'] as number;
  const mlp = (config['n_inner'] as number | null | undefined) ?? 4 * dModel;
  const root = (await weights('transformer.wte.weight')) ? 'transformer.' : '';
  /** Conv1D: y = x W + b with W [in, out]. */
  const conv = async (x: Float64Array, name: string, inputs: number, outputs: number): Promise<Float64Array> =>
    matmul(x, await need(weights, `${name}.weight`), n, inputs, outputs, await need(weights, `${name}.bias`));
  const norm = async (x: Float64Array, name: string, scaleOf?: Float64Array): Promise<Float64Array> =>
    layerNorm(x, await need(weights, `${name}.weight`), await need(weights, `${name}.bias`), epsilon, scaleOf);

  const embedding = await need(weights, `${root}wte.weight`);
  const positions = (await need(weights, `${root}wpe.weight`)).subarray(0, n * dModel);
  let x = sum(gatherRows(embedding, ids, dModel), positions);
  const residuals: Float64Array[] = [];
  const layers: ReferenceLayer[] = [];
  for (let layer = 0; layer < spec.layers; layer++) {
    x = options.residual?.(layer, x, dModel) ?? x;
    residuals.push(x);
    const at = `${root}h.${layer}`;
    const qkv = await conv(await norm(x, `${at}.ln_1`), `${at}.attn.c_attn`, dModel, 3 * dModel);
    const part = (which: number): Float64Array =>
      Float64Array.from(
        { length: n * dModel },
        (_, i) => qkv[Math.floor(i / dModel) * 3 * dModel + which * dModel + (i % dModel)]!,
      );
    const [q, k, v] = [part(0), part(1), part(2)];
    let scale = config['scale_attn_weights'] === false ? 1 : 1 / Math.sqrt(headDim);
    if (config['scale_attn_by_inverse_layer_idx'] === true) scale /= layer + 1;
    const attention = attended(options, { layer, n, ...spec, q, k, v, scale, ...PLAIN });
    const afterAttention = sum(x, await conv(attention.z, `${at}.attn.c_proj`, dModel, dModel));
    const hidden = (await conv(await norm(afterAttention, `${at}.ln_2`), `${at}.mlp.c_fc`, dModel, mlp)).map(geluNew);
    x = sum(afterAttention, await conv(hidden, `${at}.mlp.c_proj`, mlp, dModel));
    layers.push({ qBeforeRope: q, kBeforeRope: k, ...attention });
  }
  residuals.push(x);
  const final = await norm(x, `${root}ln_f`, options.finalScaleOf);
  const head = config['tie_word_embeddings'] === false ? await need(weights, 'lm_head.weight') : embedding;
  const logits = matmul(final, transpose(head, vocab, dModel), n, dModel, vocab);
  return { n, heads, kvHeads: heads, headDim, dModel, vocab, residuals, layers, logits };
}

/** The test-only family of `attn-only.ts`: no norm, no MLP, no bias, scale 1. */
async function attentionOnlyForward(
  config: Config,
  weights: Weights,
  ids: readonly number[],
  options: ReferenceOptions,
): Promise<ReferenceRun> {
  const n = ids.length;
  const [heads, headDim, dModel, vocab] = ['heads', 'head_dim', 'd_model', 'vocab_size'].map(
    (name) => config[name] as number,
  ) as [number, number, number, number];
  const spec: Spec = { layers: config['layers'] as number, heads, kvHeads: heads, headDim, dModel, vocab };
  const linear = async (x: Float64Array, name: string, inputs: number, outputs: number): Promise<Float64Array> =>
    matmul(x, transpose(await need(weights, `${name}.weight`), outputs, inputs), n, inputs, outputs);
  const positions = (await need(weights, 'positions.weight')).subarray(0, n * dModel);
  let x = sum(gatherRows(await need(weights, 'embed.weight'), ids, dModel), positions);
  const residuals: Float64Array[] = [];
  const layers: ReferenceLayer[] = [];
  for (let layer = 0; layer < spec.layers; layer++) {
    x = options.residual?.(layer, x, dModel) ?? x;
    residuals.push(x);
    const [q, k, v] = (await Promise.all(
      ['q', 'k', 'v'].map((part) => linear(x, `layers.${layer}.${part}`, dModel, heads * headDim)),
    )) as [Float64Array, Float64Array, Float64Array];
    const attention = attended(options, { layer, n, ...spec, q, k, v, scale: 1, ...PLAIN });
    x = sum(x, await linear(attention.z, `layers.${layer}.o`, heads * headDim, dModel));
    layers.push({ qBeforeRope: q, kBeforeRope: k, ...attention });
  }
  residuals.push(x);
  const logits = await linear(x, 'unembed', dModel, vocab);
  return { n, heads, kvHeads: heads, headDim, dModel, vocab, residuals, layers, logits };
}

/** Keys that a query of the layer sees, itself included. */
function windowOf(config: Config, layer: number): number {
  const window = config['sliding_window'] as number | null | undefined;
  if (config['model_type'] === 'mistral') return window === undefined ? 4096 : (window ?? Infinity);
  if (config['model_type'] === 'llama' || config['use_sliding_window'] !== true) return Infinity;
  const types = config['layer_types'] as readonly string[] | null | undefined;
  const first = (config['max_window_layers'] as number | undefined) ?? 28;
  const sliding = types ? types[layer] === 'sliding_attention' : layer >= first;
  return sliding ? (window === undefined ? 4096 : (window ?? Infinity)) : Infinity;
}

function attend(inputs: AttentionInputs, changes: Changes): Attended {
  const { q, k, v, n, heads, kvHeads, headDim, scale, window } = inputs;
  const scores = new Float64Array(heads * n * n);
  const attention = new Float64Array(heads * n * n);
  const lse = new Float64Array(heads * n).fill(-Infinity);
  const z = new Float64Array(n * heads * headDim);
  for (let head = 0; head < heads; head++) {
    const group = Math.floor(head / (heads / kvHeads));
    for (let i = 0; i < n; i++) {
      const row = (head * n + i) * n;
      const visible = (j: number): boolean => j <= i && i - j < window && changes.visible(head, i, j);
      let largest = -Infinity;
      for (let j = 0; j < n; j++) {
        let dot = 0;
        for (let c = 0; c < headDim; c++)
          dot += q[(i * heads + head) * headDim + c]! * k[(j * kvHeads + group) * headDim + c]!;
        scores[row + j] = changes.uniform(head) ? 0 : dot * scale;
        if (visible(j)) largest = Math.max(largest, scores[row + j]!);
      }
      let total = 0;
      for (let j = 0; j <= i; j++) if (visible(j)) total += Math.exp(scores[row + j]! - largest);
      if (total > 0) lse[head * n + i] = largest + Math.log(total);
      for (let j = 0; j <= i; j++) {
        if (!visible(j)) continue;
        const p = Math.exp(scores[row + j]! - largest) / total;
        attention[row + j] = p;
        for (let c = 0; c < headDim; c++) {
          z[(i * heads + head) * headDim + c]! += changes.gain(head) * p * v[(j * kvHeads + group) * headDim + c]!;
        }
      }
    }
  }
  return { q, k, v, scores, attention, lse, z };
}

/** Rotates dimension c with c + dh/2 (`rotate_half`) by position x frequency. */
function rotate(
  x: Float64Array,
  n: number,
  heads: number,
  headDim: number,
  frequencies: readonly number[],
  factor: number,
): Float64Array {
  const half = headDim / 2;
  const result = new Float64Array(x.length);
  for (let i = 0; i < n; i++) {
    for (let head = 0; head < heads; head++) {
      const at = (i * heads + head) * headDim;
      for (let c = 0; c < half; c++) {
        const cos = Math.cos(i * frequencies[c]!) * factor;
        const sin = Math.sin(i * frequencies[c]!) * factor;
        result[at + c] = x[at + c]! * cos - x[at + half + c]! * sin;
        result[at + half + c] = x[at + half + c]! * cos + x[at + c]! * sin;
      }
    }
  }
  return result;
}

/** Over the last dimension, whose length is that of the weight. `scaleOf`: what the scale is taken from. */
function rmsNorm(x: Float64Array, weight: Float64Array, epsilon: number, scaleOf = x): Float64Array {
  const width = weight.length;
  const result = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    let squares = 0;
    for (let c = 0; c < width; c++) squares += scaleOf[at + c]! ** 2;
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    for (let c = 0; c < width; c++) result[at + c] = x[at + c]! * scale * weight[c]!;
  }
  return result;
}

function layerNorm(
  x: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  epsilon: number,
  scaleOf = x,
): Float64Array {
  const width = weight.length;
  const result = new Float64Array(x.length);
  const mean = (values: Float64Array, at: number): number =>
    values.subarray(at, at + width).reduce((total, value) => total + value / width, 0);
  for (let at = 0; at < x.length; at += width) {
    const [centre, scaleCentre] = [mean(x, at), mean(scaleOf, at)];
    let variance = 0;
    for (let c = 0; c < width; c++) variance += (scaleOf[at + c]! - scaleCentre) ** 2 / width;
    const scale = 1 / Math.sqrt(variance + epsilon);
    for (let c = 0; c < width; c++) result[at + c] = (x[at + c]! - centre) * scale * weight[c]! + bias[c]!;
  }
  return result;
}

/** GELU by its tanh approximation. */
function geluNew(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** [rows, inner] times [inner, columns], plus a bias of length columns. */
function matmul(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
  bias?: Float64Array,
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const out = result.subarray(i * columns, (i + 1) * columns);
    if (bias) out.set(bias);
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k]!;
      for (let j = 0; j < columns; j++) out[j]! += factor * b[k * columns + j]!;
    }
  }
  return result;
}

function transpose(x: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: x.length }, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]!);
}

function gatherRows(table: Float64Array, ids: readonly number[], width: number): Float64Array {
  const result = new Float64Array(ids.length * width);
  ids.forEach((id, i) => result.set(table.subarray(id * width, (id + 1) * width), i * width));
  return result;
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}
