/** Activation patching: one forward a place, each from the layer that is patched on. */
import type { PatchHook } from '../../shared/model/effect.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import type { Job } from '../forward/checkpoint.ts';
import { forwardWork } from '../sweeps/forward-work.ts';
import type { Trial } from '../sweeps/sweep-places.ts';
import { quietly } from './attend.ts';
import { patchLayer, type PatchedLayer } from './patched-layer.ts';
import { forwardWith, forwardWithHead } from './patch-forward.ts';
import { patchIndex, type PatchPlan } from './patch-grid.ts';
import type { PatchPair } from './patch-pair.ts';

/** In the plan's order: by layer, then position, then head. What the heads of a layer share is made once. */
export function patchTrials(pair: PatchPair, hook: PatchHook, plan: PatchPlan): Trial[] {
  return plan.layers.flatMap(({ layer, heads }) => {
    const patched = once(() => patchLayer(pair, layer, hook));
    return plan.positions.flatMap((position) => {
      let left = heads.length;
      let made: Promise<PatchedLayer> | undefined;
      const take = (job: Job): Promise<PatchedLayer> => {
        made ??= patched()(position, quietly(job));
        const taken = made;
        left -= 1;
        // Positions are many: what all heads have had is let go.
        if (left === 0) made = undefined;
        return taken;
      };
      return heads.map((head) => ({
        name: nameOf(layer, head, position),
        firstLayer: layer,
        run: async (job) => {
          const given = await take(job);
          return head === null
            ? forwardWith(pair, layer, given, job)
            : forwardWithHead(pair, layer, head, given.z, job);
        },
      }));
    });
  });
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function nameOf(layer: number, head: number | null, position: number | null): string {
  const place = head === null ? `Layer ${layer}` : `Head ${formatHead({ layer, head })}`;
  return position === null ? place : `${place}, position ${position}`;
}

/**
 * What the trials found, in the plan's shape. `own`: logit difference of the run that is patched, which stays where a
 * patch cannot reach the position that is read; NaN where nothing is patched.
 */
export function patchValues(plan: PatchPlan, results: readonly (number | undefined)[], own: number): Float64Array {
  const [layers, heads, positions] = plan.shape;
  const values = new Float64Array(layers * heads * positions).fill(NaN);
  let at = 0;
  for (const { layer, heads: chosen } of plan.layers) {
    for (const position of plan.positions) {
      for (const head of chosen) values[patchIndex(plan, layer, head, position)] = results[at++] ?? NaN;
    }
    for (const position of plan.late) {
      for (const head of chosen) values[patchIndex(plan, layer, head, position)] = own;
    }
  }
  return values;
}

/** Operations of as many full forwards over those of these patches, their attention included. */
export function patchBound(
  { model, receiver }: Pick<PatchPair, 'model' | 'receiver'>,
  hook: PatchHook,
  { layers, positions }: PatchPlan,
): number {
  const { full, from, attention } = forwardWork(model, receiver.tokens, 1);
  const passes = hook === 'z' ? 0 : hook === 'q' || hook === 'pattern' ? 1 : positions.length;
  let count = 0;
  let work = 0;
  for (const { layer, heads } of layers) {
    const own = heads.length * positions.length;
    count += own;
    work += own * from(layer) + (own > 0 ? passes * attention(layer) : 0);
  }
  return count === 0 ? 1 : (count * full) / work;
}
