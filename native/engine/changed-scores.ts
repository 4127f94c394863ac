/** Scores of runs with interventions: what the passes over their captures can tell of, and what they cannot. */
import { headsAt } from '../../shared/model/place.ts';
import { numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';

type Model = Pick<Architecture, 'layers' | 'heads' | 'kvHeads'>;

/** Factors on z of each head of a layer by the entries that say no more than that; null = 1 everywhere. */
export function factorsOf(
  model: Model,
  interventions: readonly Intervention[],
): (layer: number) => Float32Array | null {
  const byLayer = new Map<number, Float32Array>();
  for (const entry of interventions) {
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

function isFactor({ what, rows }: Intervention): boolean {
  return (what === 'zero' || what === 'scale') && rows === undefined;
}

function changesOutput({ what, parameters }: Intervention): boolean {
  if (what === 'patch') return (parameters?.['what'] ?? 'z') === 'z';
  return what === 'zero' || what === 'scale' || what === 'mean' || what === 'resample';
}
