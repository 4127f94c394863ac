/** q, k and v of a layer from a residual that enters it in place of the run's own. */
import { ropeTables } from '../families/rope.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { allocateSegment, runInputs } from '../forward/run-segment.ts';
import type { AttentionParts } from './attend.ts';

/** `resid`: [tokens, dModel]. */
export async function residualParts(
  model: ForwardModel,
  layer: number,
  resid: Float32Array,
  job: Job,
): Promise<AttentionParts> {
  const { architecture } = model;
  const tokens = resid.length / architecture.dModel;
  const rope = architecture.rope === null ? null : ropeTables(architecture.rope, tokens);
  const result = allocateSegment(architecture, layer, tokens);
  await runInputs({ model, rope, checkpoint: new Checkpoint(job, tokens) }, layer, 0, resid, result);
  return result;
}
