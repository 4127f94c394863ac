import { AppError } from '../../shared/base/app-error.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { placeHolds } from '../../shared/model/place.ts';

export function noMap(head: HeadId): AppError {
  return new AppError('no-map', `${formatHead(head)} has no attention map in this run.`, {
    hint: 'Its weights are sigmoids that sum to no 1. Look at its map in the clean run, or switch that intervention off.',
  });
}

/** Whether a list leaves a head with rows that are no softmax. */
export function lacksSoftmax(
  interventions: readonly Intervention[],
  head: HeadId,
  model: { readonly heads: number; readonly kvHeads: number },
): boolean {
  let lacks = false;
  for (const entry of interventions) {
    if (!placeHolds(entry.where, head, model)) continue;
    const { what, rows } = entry;
    if (what === 'sigmoid') lacks = true;
    // Of a pattern of another prompt it is not known whether it has all rows.
    if (rows === undefined && (what === 'uniform' || what === 'freeze')) lacks = false;
  }
  return lacks;
}
