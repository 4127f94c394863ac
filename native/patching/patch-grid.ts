/** Which patches a request means, in the order that they are made: layer by layer, then by position. */
import { AppError } from '../../shared/base/app-error.ts';
import type { PatchGrid, PatchHook } from '../../shared/model/effect.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';

export interface PatchRequest {
  readonly hook: PatchHook;
  readonly grid: PatchGrid;
  /** Only these; null = all. */
  readonly heads: readonly HeadId[] | null;
}

export interface PatchPlan {
  readonly shape: readonly [layers: number, heads: number, positions: number];
  /** Ascending; null among heads stands for the whole layer. */
  readonly layers: readonly { readonly layer: number; readonly heads: readonly (number | null)[] }[];
  /** Of the run that is patched, those that have a partner and reach the target; null: all that have one, at once. */
  readonly positions: readonly (number | null)[];
  /** The same, after the target: what is patched there changes nothing that it is read from. */
  readonly late: readonly (number | null)[];
}

interface Sizes {
  readonly layers: number;
  readonly heads: number;
}

/**
 * `partners`: of the positions of the run that is patched; `target`: the position that is read, which later ones cannot
 * reach. Throws `bad-request` for what does not go together.
 */
export function planPatches(
  { layers, heads }: Sizes,
  { hook, grid, heads: chosen }: PatchRequest,
  partners: Int32Array,
  target: number,
): PatchPlan {
  if (hook === 'resid' && grid !== 'layer-position') {
    throw new AppError('bad-request', 'The residual belongs to a layer, not to a head.', {
      hint: 'Patch it by layer and position, or patch z, q, k, v or the pattern of heads.',
    });
  }
  if (chosen !== null && grid !== 'head-position') {
    throw new AppError('bad-request', 'Heads are chosen for patches by head and position alone.', {
      hint: 'Leave the heads out, or patch by head and position.',
    });
  }
  const unknown = chosen?.find(({ layer, head }) => layer >= layers || head >= heads);
  if (unknown !== undefined) {
    throw new AppError('bad-request', `There is no head ${formatHead(unknown)}.`, {
      hint: `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1}.`,
    });
  }
  const headsOf = (layer: number): (number | null)[] => {
    if (grid === 'layer-position') return [null];
    const all = Array.from({ length: heads }, (_, head) => head);
    if (chosen === null) return all;
    return all.filter((head) => chosen.some((each) => each.layer === layer && each.head === head));
  };
  const aligned = [...partners.keys()].filter((position) => partners[position] !== -1);
  const reaching = aligned.filter((position) => position <= target);
  const atOnce = (yes: boolean) => (yes ? [null] : []);
  return {
    shape: [layers, grid === 'layer-position' ? 1 : heads, grid === 'head' ? 1 : partners.length],
    layers: Array.from({ length: layers }, (_, layer) => ({ layer, heads: headsOf(layer) })),
    positions: grid === 'head' ? atOnce(reaching.length > 0) : reaching,
    late:
      grid === 'head'
        ? atOnce(reaching.length === 0 && aligned.length > 0)
        : aligned.filter((position) => position > target),
  };
}

/** Where the value of a patch stands, [layers, heads, positions]. */
export function patchIndex(
  { shape: [, heads, positions] }: PatchPlan,
  layer: number,
  head: number | null,
  position: number | null,
): number {
  return (layer * heads + (head ?? 0)) * positions + (position ?? 0);
}
