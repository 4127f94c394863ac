/** Interventions as factors on each head's z. */
import { AppError } from '../../shared/base/app-error.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Architecture } from '../families/family.ts';

export interface Gains {
  /** First layer in which anything changes; the layer count where nothing does. */
  readonly firstLayer: number;
  readonly of: (layer: number) => Float32Array | null;
}

type Heads = Pick<Architecture, 'layers' | 'heads'>;

/** Throws `bad-request` for a head that the model does not have. */
export function checkHead({ layers, heads }: Heads, place: HeadId): void {
  if (place.layer < layers && place.head < heads) return;
  throw new AppError('bad-request', `There is no head ${formatHead(place)}.`, {
    hint: `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1}.`,
  });
}

/** Entries that name the same head multiply. Throws `bad-request` for a head that the model does not have. */
export function gainsOf(model: Heads, interventions: readonly Intervention[]): Gains {
  const { layers, heads } = model;
  const byLayer = new Map<number, Float32Array>();
  for (const intervention of interventions) {
    checkHead(model, intervention.where);
    const { layer, head } = intervention.where;
    const gain = byLayer.get(layer) ?? new Float32Array(heads).fill(1);
    gain[head]! *= intervention.what === 'zero' ? 0 : intervention.factor;
    byLayer.set(layer, gain);
  }
  return { firstLayer: Math.min(layers, ...byLayer.keys()), of: (layer) => byLayer.get(layer) ?? null };
}
