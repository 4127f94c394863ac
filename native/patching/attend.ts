/** Attention of one layer over q, k and v that were changed, every head as if it alone had been. */
import { allocateAttentionOutput, PLAIN } from '../attention/kernel.ts';
import type { MaskSpec } from '../attention/mask.ts';
import { unwrittenFloats } from '../capture/unwritten.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import type { PatchPair } from './patch-pair.ts';

/** [tokens, heads x headDim], [tokens, kvHeads x headDim] twice. */
export interface AttentionParts {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
}

/** z [tokens, heads x headDim]. */
export async function attend(
  { architecture, kernel }: ForwardModel,
  layer: number,
  { q, k, v }: AttentionParts,
  job: Job,
  sees: { readonly window: number | null; readonly mask: MaskSpec | null } = {
    window: architecture.slidingWindow[layer]!,
    mask: null,
  },
): Promise<Float32Array> {
  const { heads, headDim } = architecture;
  const tokens = q.length / (heads * headDim);
  // With the statistics, as a forward has them: without, the kernel may add up in another order.
  const output = allocateAttentionOutput(architecture, tokens);
  const { window, mask } = sees;
  const masks = mask === null ? null : Array.from({ length: heads }, () => mask);
  const input = { ...PLAIN, q, k, v, tokens, scale: architecture.scale[layer]!, window, masks };
  const checkpoint = new Checkpoint(quietly(job), (heads * tokens * tokens) / 2);
  await kernel.run(input, output, (cells) => checkpoint.pass(cells));
  return output.z;
}

/** A part of a step, whose progress says nothing of the whole. */
export function quietly(job: Job): Job {
  return { ...job, progress: () => undefined };
}

/**
 * z with the donor's pattern over the receiver's values: an aligned row has the donor's weights on the keys that are
 * aligned too, so that they sum to 1 again. Other rows stay. As the kind `patch` has it, but for all heads in one pass.
 */
export async function attendWithPattern(pair: PatchPair, layer: number, job: Job): Promise<Float32Array> {
  const { model, receiver, donor, partners } = pair;
  const { architecture } = model;
  const { z, v } = receiver.layers[layer]!;
  const { q, k } = donor.layers[layer]!;
  const rows = Int32Array.from(partners.keys()).filter((row) => partners[row] !== -1);
  const givers = rows.map((row) => partners[row]!);
  // Positions without a partner are left out: those that stay keep their order, and with it what each sees.
  const parts = {
    q: pickRows(q, givers, donor.tokens),
    k: pickRows(k, givers, donor.tokens),
    v: pickRows(v, rows, receiver.tokens),
  };
  const window = architecture.slidingWindow[layer] ?? null;
  const isClosed = rows.length === 0 || rows.at(-1)! - rows[0]! === rows.length - 1;
  const sees = window === null || isClosed ? { window, mask: null } : { window: null, mask: windowMask(rows, window) };
  const patched = await attend(model, layer, parts, job, sees);
  const result = unwrittenFloats(z.length);
  result.set(z);
  const width = z.length / receiver.tokens;
  for (const [at, row] of rows.entries()) result.set(patched.subarray(at * width, (at + 1) * width), row * width);
  await breather(job)();
  return result;
}

function pickRows(values: Float32Array, rows: Int32Array, tokens: number): Float32Array {
  const width = values.length / tokens;
  const result = unwrittenFloats(rows.length * width);
  for (const [at, row] of rows.entries()) result.set(values.subarray(row * width, (row + 1) * width), at * width);
  return result;
}

/** Which of the positions a window lets each of them see; at most as many as it is wide. */
function windowMask(positions: Int32Array, window: number): MaskSpec {
  const offsets = new Int32Array(positions.length + 1);
  const keys: number[] = [];
  let first = 0;
  for (const [row, position] of positions.entries()) {
    while (position - positions[first]! >= window) first += 1;
    for (let key = first; key <= row; key++) keys.push(key);
    offsets[row + 1] = keys.length;
  }
  return { kind: 'row-keys', offsets, keys: Int32Array.from(keys) };
}
