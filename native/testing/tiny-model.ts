/**
 * Random small models in Hugging Face layout, with Hugging Face's names and shapes. The weights are scaled so that
 * attention is neither uniform nor one-hot: wrong rotations, masks and head orders show in every output.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { f32ToBf16, f32ToF16 } from '../../shared/tensor/half.ts';
import { writeSafetensors, type FloatDtype, type TensorSource } from '../safetensors/index.ts';
import { createRng, normalArray } from './rng.ts';

export type TinyFamily = 'llama' | 'qwen2' | 'qwen3' | 'mistral' | 'gpt2';

export interface TinyModelOptions {
  readonly family: TinyFamily;
  /** Default 2. */
  readonly layers?: number;
  /** Query heads; default 4. */
  readonly heads?: number;
  /** Default: `heads`. Ignored by GPT-2. */
  readonly kvHeads?: number;
  /** Default dModel / heads. Written into config.json only where it differs from that, or for Qwen3. */
  readonly headDim?: number;
  /** Default 32. */
  readonly dModel?: number;
  /** Default 2 x dModel. */
  readonly mlp?: number;
  /** Default 61: no multiple of anything. */
  readonly vocab?: number;
  /** `max_position_embeddings` or `n_positions`; default 512. */
  readonly context?: number;
  /** Default true. */
  readonly tied?: boolean;
  /** Biases on q, k, v and o (Llama, Qwen3). Qwen2 and GPT-2 have theirs always. */
  readonly attentionBias?: boolean;
  /** Biases on gate, up and down (Llama). */
  readonly mlpBias?: boolean;
  /** Stored dtype; default F32. */
  readonly dtype?: FloatDtype;
  /** Default 1. */
  readonly seed?: number;
  /** Number of files; default 1 = a single model.safetensors. */
  readonly shards?: number;
  /** Queries are zero, so that attention is uniform over what each row sees. */
  readonly zeroQueries?: boolean;
  /** GPT-2: names start with `transformer.`; default true. */
  readonly prefix?: boolean;
  /** Laid over config.json last: rope scaling, windows, layer types, ... A value of undefined removes a field. */
  readonly config?: Readonly<Record<string, unknown>>;
}

interface Sizes {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dModel: number;
  readonly mlp: number;
  readonly vocab: number;
  readonly context: number;
}

const ARCHITECTURE: Readonly<Record<TinyFamily, string>> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  mistral: 'MistralForCausalLM',
  gpt2: 'GPT2LMHeadModel',
};

const TORCH_DTYPE: Readonly<Record<FloatDtype, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Writes config.json and the weights into `folder`, which is made if need be. */
export async function writeTinyModel(folder: string, options: TinyModelOptions): Promise<void> {
  const sizes = sizesOf(options);
  const config = options.family === 'gpt2' ? gpt2Config(sizes, options) : llamaLikeConfig(sizes, options);
  const drawn = options.family === 'gpt2' ? gpt2Tensors(sizes, options) : llamaLikeTensors(sizes, options);
  const tensors = options.zeroQueries === true ? drawn.map(withoutQueries) : drawn;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...options.config }, null, 2));
  await writeWeights(folder, tensors, options.shards ?? 1);
}

function sizesOf(options: TinyModelOptions): Sizes {
  const { layers = 2, heads = 4, dModel = 32, vocab = 61, context = 512 } = options;
  const { kvHeads = heads, headDim = dModel / heads, mlp = 2 * dModel } = options;
  return { layers, heads, kvHeads, headDim, dModel, mlp, vocab, context };
}

function llamaLikeConfig(sizes: Sizes, options: TinyModelOptions): Record<string, unknown> {
  const { family, attentionBias = false, mlpBias = false, tied = true, dtype = 'F32' } = options;
  return {
    architectures: [ARCHITECTURE[family]],
    model_type: family,
    hidden_size: sizes.dModel,
    intermediate_size: sizes.mlp,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.kvHeads,
    ...(family === 'qwen3' || sizes.headDim * sizes.heads !== sizes.dModel ? { head_dim: sizes.headDim } : {}),
    hidden_act: 'silu',
    max_position_embeddings: sizes.context,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    vocab_size: sizes.vocab,
    tie_word_embeddings: tied,
    torch_dtype: TORCH_DTYPE[dtype],
    bos_token_id: 1,
    eos_token_id: 2,
    ...(family === 'llama' ? { attention_bias: attentionBias, mlp_bias: mlpBias } : {}),
    ...(family === 'qwen3' ? { attention_bias: attentionBias } : {}),
    ...(family === 'mistral' ? { sliding_window: null } : {}),
    ...(family === 'qwen2' || family === 'qwen3' ? { use_sliding_window: false } : {}),
  };
}

function gpt2Config(sizes: Sizes, { tied = true, dtype = 'F32' }: TinyModelOptions): Record<string, unknown> {
  return {
    architectures: [ARCHITECTURE.gpt2],
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    n_embd: sizes.dModel,
    n_head: sizes.heads,
    n_inner: sizes.mlp === 4 * sizes.dModel ? null : sizes.mlp,
    n_layer: sizes.layers,
    n_positions: sizes.context,
    n_ctx: sizes.context,
    layer_norm_epsilon: 1e-5,
    vocab_size: sizes.vocab,
    torch_dtype: TORCH_DTYPE[dtype],
    bos_token_id: 0,
    eos_token_id: 0,
    // Absent means tied, as in every published GPT-2.
    ...(tied ? {} : { tie_word_embeddings: false }),
  };
}

/** Collects named tensors of random values in the stored dtype. */
function collector(options: TinyModelOptions): {
  readonly tensors: TensorSource[];
  readonly add: (name: string, shape: readonly number[], deviation: number, mean?: number) => void;
} {
  const rng = createRng(options.seed ?? 1);
  const dtype = options.dtype ?? 'F32';
  const tensors: TensorSource[] = [];
  return {
    tensors,
    add: (name, shape, deviation, mean = 0) => {
      const values = normalArray(
        rng,
        shape.reduce((a, b) => a * b, 1),
        deviation,
        mean,
      );
      const data = dtype === 'F32' ? values : dtype === 'F16' ? f32ToF16(values) : f32ToBf16(values);
      tensors.push({ name, dtype, shape, data });
    },
  };
}

function llamaLikeTensors(sizes: Sizes, options: TinyModelOptions): TensorSource[] {
  const { family, attentionBias = false, mlpBias = false, tied = true } = options;
  const { layers, heads, kvHeads, headDim, dModel, mlp, vocab } = sizes;
  const { tensors, add } = collector(options);
  const linear = (name: string, rows: number, columns: number, bias: boolean, gain = 1): void => {
    add(`${name}.weight`, [rows, columns], gain / Math.sqrt(columns));
    if (bias) add(`${name}.bias`, [rows], 0.3);
  };
  const norm = (name: string, length: number): void => add(`${name}.weight`, [length], 0.2, 1);

  add('model.embed_tokens.weight', [vocab, dModel], 0.5);
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    const qkvBias = family === 'qwen2' || attentionBias;
    norm(`${at}.input_layernorm`, dModel);
    linear(`${at}.self_attn.q_proj`, heads * headDim, dModel, qkvBias, 1.3);
    linear(`${at}.self_attn.k_proj`, kvHeads * headDim, dModel, qkvBias, 1.3);
    linear(`${at}.self_attn.v_proj`, kvHeads * headDim, dModel, qkvBias);
    linear(`${at}.self_attn.o_proj`, dModel, heads * headDim, family !== 'qwen2' && attentionBias);
    if (family === 'qwen3') {
      norm(`${at}.self_attn.q_norm`, headDim);
      norm(`${at}.self_attn.k_norm`, headDim);
    }
    norm(`${at}.post_attention_layernorm`, dModel);
    linear(`${at}.mlp.gate_proj`, mlp, dModel, mlpBias);
    linear(`${at}.mlp.up_proj`, mlp, dModel, mlpBias);
    linear(`${at}.mlp.down_proj`, dModel, mlp, mlpBias);
  }
  norm('model.norm', dModel);
  if (!tied) add('lm_head.weight', [vocab, dModel], 0.5);
  return tensors;
}

function gpt2Tensors(sizes: Sizes, options: TinyModelOptions): TensorSource[] {
  const { tied = true, prefix = true } = options;
  const { layers, heads, headDim, dModel, mlp, vocab, context } = sizes;
  const { tensors, add } = collector(options);
  const root = prefix ? 'transformer.' : '';
  /** Conv1D keeps its weight as [in, out]. */
  const conv = (name: string, inputs: number, outputs: number, gain = 1): void => {
    add(`${name}.weight`, [inputs, outputs], gain / Math.sqrt(inputs));
    add(`${name}.bias`, [outputs], 0.3);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, [dModel], 0.2, 1);
    add(`${name}.bias`, [dModel], 0.2);
  };

  add(`${root}wte.weight`, [vocab, dModel], 0.5);
  add(`${root}wpe.weight`, [context, dModel], 0.3);
  for (let layer = 0; layer < layers; layer++) {
    const at = `${root}h.${layer}`;
    norm(`${at}.ln_1`);
    conv(`${at}.attn.c_attn`, dModel, 3 * heads * headDim, 1.3);
    conv(`${at}.attn.c_proj`, heads * headDim, dModel);
    norm(`${at}.ln_2`);
    conv(`${at}.mlp.c_fc`, dModel, mlp);
    conv(`${at}.mlp.c_proj`, mlp, dModel);
  }
  norm(`${root}ln_f`);
  if (!tied) add('lm_head.weight', [vocab, dModel], 0.5);
  return tensors;
}

/** The tensor with what it gives to queries set to zero: all of `q_proj`, the first third of the columns of `c_attn`. */
function withoutQueries(tensor: TensorSource): TensorSource {
  const { name, shape, data } = tensor;
  if (/\.q_proj\./.test(name)) return { ...tensor, data: (data as Float32Array).slice().fill(0) };
  if (!/\.c_attn\./.test(name)) return tensor;
  const columns = shape.at(-1)!;
  return { ...tensor, data: (data as Float32Array).map((value, at) => (at % columns < columns / 3 ? 0 : value)) };
}

async function writeWeights(folder: string, tensors: readonly TensorSource[], shards: number): Promise<void> {
  if (shards === 1) {
    await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
    return;
  }
  const weightMap: Record<string, string> = {};
  const perShard = Math.ceil(tensors.length / shards);
  for (let shard = 0; shard < shards; shard++) {
    const number = (value: number): string => String(value).padStart(5, '0');
    const name = `model-${number(shard + 1)}-of-${number(shards)}.safetensors`;
    const part = tensors.slice(shard * perShard, (shard + 1) * perShard);
    for (const tensor of part) weightMap[tensor.name] = name;
    await writeSafetensors(join(folder, name), part, { format: 'pt' });
  }
  await writeFile(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: weightMap }),
  );
}
