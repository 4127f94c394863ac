/** Streaming heads as masks of the kernel. */
import { AppError } from '../../shared/base/app-error.ts';
import { groupOf } from '../../shared/model/head-id.ts';
import type { Streaming } from '../../shared/model/streaming.ts';
import type { MaskSpec } from '../attention/mask.ts';
import type { Architecture } from '../families/family.ts';

/** Masks of the query heads by layer. Throws `bad-request` for a KV group that the model does not have. */
export function streamingMasks(
  { layers, heads, kvHeads }: Pick<Architecture, 'layers' | 'heads' | 'kvHeads'>,
  { sink, window, full }: Streaming,
): (layer: number) => readonly (MaskSpec | null)[] | null {
  const bad = full.find(({ layer, kvHead }) => layer >= layers || kvHead >= kvHeads);
  if (bad !== undefined) {
    throw new AppError('bad-request', `There is no KV group ${bad.kvHead} in layer ${bad.layer}.`, {
      hint: `This model has layers 0 to ${layers - 1} with KV groups 0 to ${kvHeads - 1}.`,
    });
  }
  const free = new Set(full.map(({ layer, kvHead }) => layer * kvHeads + kvHead));
  const mask: MaskSpec = { kind: 'sink-window', sink, window };
  return (layer) =>
    Array.from({ length: heads }, (_, head) =>
      free.has(layer * kvHeads + groupOf(head, heads, kvHeads)) ? null : mask,
    );
}
