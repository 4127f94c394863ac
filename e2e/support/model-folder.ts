import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TinyShape {
  readonly layers: number;
  readonly heads: number;
  readonly headDim: number;
  readonly context: number;
}

/** A Llama folder of seeded random weights without a tokenizer, so that prompts are token ids. */
export function writeLlama(folder: string, { layers, heads, headDim, context }: TinyShape): void {
  mkdirSync(folder, { recursive: true });
  const width = heads * headDim;
  const vocab = 64;
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: width,
    intermediate_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    max_position_embeddings: context,
    vocab_size: vocab,
    tie_word_embeddings: true,
    hidden_act: 'silu',
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const square = [width, width] as const;
  const tensors: [string, readonly number[]][] = [
    ['model.embed_tokens.weight', [vocab, width]],
    ['model.norm.weight', [width]],
    ...Array.from({ length: layers }, (_, layer): [string, readonly number[]][] => [
      [`model.layers.${layer}.input_layernorm.weight`, [width]],
      [`model.layers.${layer}.post_attention_layernorm.weight`, [width]],
      ...['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'].map(
        projection(layer, square),
      ),
      ...['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'].map(projection(layer, square)),
    ]).flat(),
  ];
  writeFileSync(join(folder, 'model.safetensors'), safetensors(tensors));
}

function projection(layer: number, shape: readonly number[]) {
  return (name: string): [string, readonly number[]] => [`model.layers.${layer}.${name}.weight`, shape];
}

/** A file of the given tensors, F32, filled with small pseudo-random numbers. */
function safetensors(tensors: readonly (readonly [string, readonly number[]])[]): Uint8Array {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of tensors) {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const head = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const values = new Float32Array(end / 4);
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = (state / 2 ** 32 - 0.5) / 4;
  }
  return Buffer.concat([length, head, new Uint8Array(values.buffer)]);
}
