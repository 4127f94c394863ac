/** A forward that goes on from one layer, and what it says of two tokens. */
import { STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { leanKernel } from '../sweeps/lean-kernel.ts';
import { withHeads } from '../sweeps/with-heads.ts';
import type { PatchPair } from './patch-pair.ts';
import type { PatchedLayer } from './patched-layer.ts';

/** logit(token) - logit(against) of a run at the position that is asked about. */
export type ReadDifference = (capture: Capture) => Promise<number>;

type Receiver = Pick<PatchPair, 'model' | 'receiver'>;

/** The receiver with a layer as given, all later ones computed anew. Keeps the final residual alone. */
export function forwardWith(
  { model, receiver }: Receiver,
  layer: number,
  { z, resid }: PatchedLayer,
  job: Job,
): Promise<Capture> {
  const capture = resid === null ? receiver : withResidual(receiver, layer, resid);
  const request = { ids: receiver.ids, resume: { capture, fromLayer: layer, z }, keeper: STATISTICS_ONLY };
  return runForward({ ...model, kernel: leanKernel(model.kernel) }, request, job);
}

/** The same with one head's columns of `z`. */
export async function forwardWithHead(
  run: Receiver,
  layer: number,
  head: number,
  z: Float32Array,
  job: Job,
): Promise<Capture> {
  const { architecture } = run.model;
  const own = await withHeads(run.receiver.layers[layer]!.z, z, [head], architecture, breather(job));
  return forwardWith(run, layer, { z: own, resid: null }, job);
}

/** Described, not read: the others may lie on disk. */
function withResidual(capture: Capture, layer: number, values: Float32Array): Capture {
  const resid: Float32Array[] = [];
  for (let at = 0; at < layer; at++) {
    Object.defineProperty(resid, at, Object.getOwnPropertyDescriptor(capture.resid, at)!);
  }
  resid[layer] = values;
  return { ...capture, resid };
}
