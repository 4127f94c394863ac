/** Factors on z, masks and uniform attention of the heads of a layer, as an edit. */
import type { MaskSpec } from '../attention/mask.ts';
import { mergeEdits, NO_EDIT, type HeadStep, type LayerEdit } from './layer-edit.ts';
import { headColumns, scaleColumns } from './row-edits.ts';

export interface PlainChanges {
  /** Factor on z of each head, [heads]; null = 1 everywhere. */
  readonly gain: Float32Array | null;
  /** What each query head may see, on top of its window; null = no mask on any head. */
  readonly masks: readonly (MaskSpec | null)[] | null;
  /** Heads that attend alike to everything they see, nonzero = uniform, [heads]; null = none. */
  readonly uniform: Uint8Array | null;
}

/** Null where nothing changes. */
export function plainEdit(
  { gain, masks, uniform }: PlainChanges,
  { heads, headDim }: { readonly heads: number; readonly headDim: number },
): LayerEdit | null {
  let edit: LayerEdit | null = null;
  if (masks !== null || uniform !== null) {
    const steps = new Map<number, HeadStep[]>();
    for (let head = 0; head < heads; head++) {
      const mask = masks?.[head] ?? null;
      const own: HeadStep[] = [];
      if (mask !== null) own.push({ kind: 'mask', rows: null, mask });
      if (uniform !== null && uniform[head] !== 0) own.push({ kind: 'uniform', rows: null });
      if (own.length > 0) steps.set(head, own);
    }
    edit = { ...NO_EDIT, heads: steps };
  }
  if (gain === null) return edit;
  const outputs = Array.from(gain.entries())
    .filter(([, factor]) => factor !== 1)
    .map(([head, factor]) => scaleColumns(headColumns([head], heads, headDim), null, factor));
  return mergeEdits(edit, { ...NO_EDIT, outputs });
}
