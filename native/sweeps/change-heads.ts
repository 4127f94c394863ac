/** Attention of one layer with every head changed at once: heads of a layer know nothing of each other. */
import { allocateAttentionOutput, PLAIN } from '../attention/kernel.ts';
import type { Capture } from '../capture/capture.ts';
import { unwrittenFloats } from '../capture/unwritten.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import type { HeadChange, SweepContext } from './forward-score.ts';

interface Source extends Pick<SweepContext, 'gain'> {
  readonly model: Pick<ForwardModel, 'architecture' | 'kernel'>;
  readonly capture: Pick<Capture, 'layers' | 'tokens'>;
}

/** z [tokens, heads x headDim] of the layer with every head changed, with the gain of the run. */
export async function changeHeads(
  { model, capture, gain }: Source,
  layer: number,
  change: HeadChange,
  job: Job,
): Promise<Float32Array> {
  const { architecture, kernel } = model;
  const { q, k, v } = capture.layers[layer]!;
  const { tokens } = capture;
  // With the statistics, as a forward has them: without, the kernel may add up in another order.
  const output = allocateAttentionOutput(architecture, tokens);
  const input = {
    ...PLAIN,
    // All scores are 0 without queries, and a softmax over equal scores is uniform.
    q: change.kind === 'uniform' ? new Float32Array(q.length) : q,
    k,
    v,
    tokens,
    scale: architecture.scale[layer]!,
    window: architecture.slidingWindow[layer]!,
    gain: gain(layer),
    masks: change.kind === 'mask' ? Array.from({ length: architecture.heads }, () => change.mask) : null,
  };
  const checkpoint = new Checkpoint(job, (architecture.heads * tokens * tokens) / 2);
  await kernel.run(input, output, (cells) => checkpoint.pass(cells));
  return output.z;
}

/** Rows that are copied between two looks at the clock. */
const ROWS_AT_ONCE = 256;

/** `z` with the columns of one head from `changed`, both [tokens, heads x headDim]. */
export async function withHead(
  z: Float32Array,
  changed: Float32Array,
  head: number,
  { heads, headDim }: { readonly heads: number; readonly headDim: number },
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const width = heads * headDim;
  const result = unwrittenFloats(z.length);
  for (let row = 0; row < z.length; row += width) {
    const at = row + head * headDim;
    result.set(z.subarray(row, row + width), row);
    result.set(changed.subarray(at, at + headDim), at);
    if (row % (ROWS_AT_ONCE * width) === 0) await breathe();
  }
  return result;
}
