/** Interventions as factors on each head's z. */
import { AppError } from '../../shared/base/app-error.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Architecture } from '../families/family.ts';

export interface Gains {
  /** First layer in which anything changes; the layer count where nothing does. */
  readonly firstLayer: number;
  readonly of: (layer: number) => Float32Array | null;
}

/** Entries that name the same head multiply. Throws `bad-request` for a head that the model does not have. */
export function gainsOf({ layers, heads }: Architecture, interventions: readonly Intervention[]): Gains {
  const byLayer = new Map<number, Float32Array>();
  for (const intervention of interventions) {
    const { layer, head } = intervention.where;
    if (layer >= layers || head >= heads) {
      throw new AppError('bad-request', `There is no head ${formatHead(intervention.where)}.`, {
        hint: `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1}.`,
      });
    }
    const gain = byLayer.get(layer) ?? new Float32Array(heads).fill(1);
    gain[head]! *= intervention.what === 'zero' ? 0 : intervention.factor;
    byLayer.set(layer, gain);
  }
  return { firstLayer: Math.min(layers, ...byLayer.keys()), of: (layer) => byLayer.get(layer) ?? null };
}
