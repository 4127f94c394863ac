/** Interventions as factors on each head's z. */
import { AppError } from '../../shared/base/app-error.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { activeInterventions, numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import { formatIntervention } from '../../shared/model/intervention-text.ts';
import { formatPlace, headsAt, placeExists } from '../../shared/model/place.ts';
import type { Architecture } from '../families/family.ts';

export interface Gains {
  /** First layer in which anything changes; the layer count where nothing does. */
  readonly firstLayer: number;
  readonly of: (layer: number) => Float32Array | null;
}

type Heads = Pick<Architecture, 'layers' | 'heads' | 'kvHeads'>;

/** Throws `bad-request` for a head that the model does not have. */
export function checkHead({ layers, heads }: Pick<Heads, 'layers' | 'heads'>, place: HeadId): void {
  if (place.layer < layers && place.head < heads) return;
  throw new AppError('bad-request', `There is no head ${formatHead(place)}.`, {
    hint: `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1}.`,
  });
}

/** Entries that name the same head multiply. Throws `bad-request` for a head that the model does not have. */
export function gainsOf(model: Heads, interventions: readonly Intervention[]): Gains {
  const { layers, heads, kvHeads } = model;
  const byLayer = new Map<number, Float32Array>();
  for (const entry of activeInterventions(interventions)) {
    const { what, where, rows } = entry;
    if (!placeExists(where, model)) {
      throw new AppError('bad-request', `There is no ${formatPlace(where)}.`, {
        hint: `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1} and KV groups 0 to ${kvHeads - 1}.`,
      });
    }
    if ((what !== 'zero' && what !== 'scale') || rows !== undefined) {
      throw new AppError('bad-request', `“${formatIntervention(entry)}” cannot be done here.`, {
        hint: 'Scale or zero whole heads.',
      });
    }
    const gain = byLayer.get(where.layer) ?? new Float32Array(heads).fill(1);
    for (const { head } of headsAt(where, model)) gain[head]! *= what === 'zero' ? 0 : numberParameter(entry, 'factor');
    byLayer.set(where.layer, gain);
  }
  return { firstLayer: Math.min(layers, ...byLayer.keys()), of: (layer) => byLayer.get(layer) ?? null };
}
