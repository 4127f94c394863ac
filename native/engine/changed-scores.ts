/** Scores of runs with interventions: what the passes over their captures can tell of, and what they cannot. */
import { headsAt } from '../../shared/model/place.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import { isFactor } from './gains.ts';

type Model = Pick<Architecture, 'layers' | 'heads' | 'kvHeads'>;

/**
 * The table of a score that passes over q, k and v once more, without values at heads whose patterns or outputs do not
 * follow from these.
 */
export function withoutUntold(
  table: ScoreTable,
  model: Model,
  { layers }: Pick<Capture, 'layers'>,
  interventions: readonly Intervention[],
): ScoreTable {
  const untold = interventions
    .filter((entry) => changesOutput(entry) && !isFactor(entry))
    .flatMap(({ where }) => headsAt(where, model));
  for (const [layer, { patterns }] of layers.entries()) {
    for (const head of patterns?.keys() ?? []) untold.push({ layer, head });
  }
  if (untold.length === 0 || table.values === null) return table;
  const values = table.values.slice();
  for (const { layer, head } of untold) values[layer * model.heads + head] = NaN;
  return { ...table, values };
}

function changesOutput({ what, parameters }: Intervention): boolean {
  if (what === 'patch') return (parameters?.['what'] ?? 'z') === 'z';
  return what === 'zero' || what === 'scale' || what === 'mean' || what === 'resample';
}
