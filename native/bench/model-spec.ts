/** The models that are measured: real architectures with random weights, made on this machine. */

export interface ModelSpec {
  readonly family: 'gpt2' | 'qwen2';
  readonly layers: number;
  readonly heads: number;
  /** GPT-2 has as many as heads. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly mlp: number;
  readonly vocab: number;
  readonly context: number;
  readonly dtype: 'F32' | 'F16';
}

/** A little over 32768 tokens. */
const CONTEXT = 33_000;
const VOCAB = 4096;

export const BENCH_MODELS = {
  'gpt2-small': {
    family: 'gpt2',
    layers: 12,
    heads: 12,
    kvHeads: 12,
    headDim: 64,
    mlp: 3072,
    vocab: VOCAB,
    context: CONTEXT,
    dtype: 'F32',
  },
  gqa: {
    family: 'qwen2',
    layers: 24,
    heads: 14,
    kvHeads: 2,
    headDim: 64,
    mlp: 4864,
    vocab: VOCAB,
    context: CONTEXT,
    dtype: 'F16',
  },
} as const satisfies Readonly<Record<string, ModelSpec>>;

export type BenchModel = keyof typeof BENCH_MODELS;

export const widthOf = ({ heads, headDim }: ModelSpec): number => heads * headDim;
