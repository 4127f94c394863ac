/** Values of one layer as they are with every aligned position taken from the donor. */
import type { Architecture } from '../families/family.ts';
import { rowTurner } from '../families/turn-rope.ts';
import type { PatchPair } from './patch-pair.ts';

export type DonorPart = 'q' | 'k' | 'v' | 'z';

/** Rows that are copied between two looks at the clock. */
const ROWS_AT_ONCE = 256;

/**
 * [tokens, width] of the receiver, aligned rows from the donor. Queries and keys were rotated at the donor's positions:
 * where these differ, they are turned to their new ones, so that what is taken over is the content alone, as with
 * TransformerLens' `hook_q` and `hook_k`, which stand before the rotation. Learned positions cannot be taken out.
 */
export async function donorRows(
  {
    model: { architecture },
    receiver,
    donor,
    partners,
  }: Pick<PatchPair, 'receiver' | 'donor' | 'partners'> & { readonly model: { readonly architecture: Architecture } },
  layer: number,
  part: DonorPart,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const isRotated = part === 'q' || part === 'k';
  const turn = rowTurner(isRotated ? architecture.rope : null, architecture.headDim, donor.tokens, receiver.tokens);
  const given = donor.layers[layer]![part];
  const result = receiver.layers[layer]![part].slice();
  const width = result.length / receiver.tokens;
  for (const [row, partner] of partners.entries()) {
    if (partner !== -1) {
      const values = given.subarray(partner * width, (partner + 1) * width);
      turn(values, partner, row, result.subarray(row * width, (row + 1) * width));
    }
    if (row % ROWS_AT_ONCE === 0) await breathe();
  }
  return result;
}
