/** A model with grouped queries as the same function with one KV head a query head: each gets a copy of its group's. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWeights, readTensorF32, writeSafetensors, type TensorSource } from '../safetensors/index.ts';

/** Reads a Llama-like model with F32 weights from one folder and writes the expanded one into another. */
export async function expandGroups(from: string, to: string): Promise<void> {
  const config = JSON.parse(await readFile(join(from, 'config.json'), 'utf8')) as Record<string, number>;
  const heads = config['num_attention_heads']!;
  const kvHeads = config['num_key_value_heads']!;
  const { tensors } = await openWeights(from);
  const expanded: TensorSource[] = [];
  for (const [name, entry] of tensors) {
    const data = await readTensorF32(entry);
    const [rows = 0, ...rest] = entry.shape;
    if (!/\.[kv]_proj\.(?:weight|bias)$/.test(name)) {
      expanded.push({ name, dtype: 'F32', shape: entry.shape, data });
      continue;
    }
    const size = data.length / kvHeads;
    const copies = new Float32Array(heads * size);
    for (let head = 0; head < heads; head++) {
      const group = Math.floor(head / (heads / kvHeads));
      copies.set(data.subarray(group * size, (group + 1) * size), head * size);
    }
    expanded.push({ name, dtype: 'F32', shape: [(rows / kvHeads) * heads, ...rest], data: copies });
  }
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'config.json'), JSON.stringify({ ...config, num_key_value_heads: heads }));
  await writeSafetensors(join(to, 'model.safetensors'), expanded, { format: 'pt' });
}
