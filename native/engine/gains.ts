/** Interventions as factors on each head's z. */
import { AppError } from '../../shared/base/app-error.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { activeInterventions, numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import { formatIntervention } from '../../shared/model/intervention-text.ts';
import { headsAt } from '../../shared/model/place.ts';
import type { Architecture } from '../families/family.ts';

/** Throws `bad-request` for a head that the model does not have. */
export function checkHead({ layers, heads }: Pick<Architecture, 'layers' | 'heads'>, place: HeadId): void {
  if (place.layer < layers && place.head < heads) return;
  throw new AppError('bad-request', `There is no head ${formatHead(place)}.`, {
    hint: `This model has layers 0 to ${layers - 1} with heads 0 to ${heads - 1}.`,
  });
}

/** Whether an entry does no more than to scale z of whole heads. */
export function isFactor({ what, rows }: Intervention): boolean {
  return (what === 'zero' || what === 'scale') && rows === undefined;
}

/** Throws `bad-request` for an entry that does more than to scale z of whole heads. */
export function checkFactors(interventions: readonly Intervention[]): void {
  const entry = activeInterventions(interventions).find((one) => !isFactor(one));
  if (entry === undefined) return;
  throw new AppError('bad-request', `“${formatIntervention(entry)}” cannot be done here.`, {
    hint: 'Scale or zero whole heads.',
  });
}

/**
 * Factors on z of each head of a layer by the entries that say no more than that; null = 1 everywhere. Those of the same
 * head multiply.
 */
export function factorsOf(
  model: Pick<Architecture, 'heads' | 'kvHeads'>,
  interventions: readonly Intervention[],
): (layer: number) => Float32Array | null {
  const byLayer = new Map<number, Float32Array>();
  for (const entry of activeInterventions(interventions)) {
    if (!isFactor(entry)) continue;
    const factor = entry.what === 'zero' ? 0 : numberParameter(entry, 'factor');
    for (const { layer, head } of headsAt(entry.where, model)) {
      const factors = byLayer.get(layer) ?? new Float32Array(model.heads).fill(1);
      factors[head]! *= factor;
      byLayer.set(layer, factors);
    }
  }
  return (layer) => byLayer.get(layer) ?? null;
}
