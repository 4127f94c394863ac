/** What has to be known of two tables before a difference of them says anything. Pure. */
import type { ScoreTable } from '../../shared/model/score.ts';
import { plural } from '../../shared/view/format.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { differingParameters, sameShape } from '../../shared/view/atlas/compare-scores.ts';
import { sameResult, type Result } from './describe-result.ts';

export interface ComparedSide {
  readonly result: Result;
  readonly table: ScoreTable;
}

export function compareRemarks(a: ComparedSide, b: ComparedSide): readonly string[] {
  return [
    ...ofShapes(a.result, b.result),
    ...ofResults(a, b),
    ...differingParameters(a.table, b.table).map(
      (parameter) =>
        `${parameter.name}: ${parameter.a} in A, ${parameter.b} in B. The scores differ by what they measure as well.`,
    ),
    ...ofPrompts(a.table, b.table),
    ...ofFloors(a.table, b.table),
    ...ofGaps(a.table, b.table),
  ];
}

function ofShapes(a: Result, b: Result): readonly string[] {
  if (!sameShape(a, b)) {
    const shape = ({ layers, heads }: Result) => `${plural(layers, 'layer')} of ${plural(heads, 'head')}`;
    return [
      `There is no difference: A has ${shape(a)}, B has ${shape(b)}, so heads have no partner in the other model.`,
    ];
  }
  if (a.modelId === b.modelId) return [];
  const groups =
    a.kvHeads === b.kvHeads
      ? ''
      : ` A has ${plural(a.kvHeads, 'KV group')} a layer, B has ${b.kvHeads}; the brackets over the difference are those of A.`;
  return [`A and B are two models: heads are paired by layer and number, not by what they do.${groups}`];
}

/** Of other origins than the run the prompt on screen says nothing. */
function ofResults(a: ComparedSide, b: ComparedSide): readonly string[] {
  if (a.table.info.data === 'weights') {
    return a.result.modelId === b.result.modelId
      ? ['This score is of the weights, which are the same in A and B.']
      : [];
  }
  if (a.table.spread || b.table.spread || !sameResult(a.result, b.result)) return [];
  return ['A and B are the same prompt on the same model with the same interventions.'];
}

function ofPrompts(a: ScoreTable, b: ScoreTable): readonly string[] {
  if (!a.spread && !b.spread) return [];
  const count = ({ spread }: ScoreTable) => plural(spread?.prompts ?? 1, 'prompt');
  return [`Means over ${count(a)} in A and ${count(b)} in B.`];
}

function ofFloors(a: ScoreTable, b: ScoreTable): readonly string[] {
  if (a.floor === null && b.floor === null) return [];
  const who = a.info.data === 'weights' ? 'Random weights get' : 'Uniform attention gets';
  if (a.floor === b.floor) return [`${who} ${formatTick(a.floor!)} in both.`];
  const floor = (value: number | null) => (value === null ? 'no known value' : formatTick(value));
  return [`${who} ${floor(a.floor)} in A and ${floor(b.floor)} in B: compare each with its own floor.`];
}

function ofGaps(a: ScoreTable, b: ScoreTable): readonly string[] {
  if (a.values?.length !== b.values?.length) return [];
  const without = [...(a.values ?? [])].filter((value, index) => Number.isNaN(value - b.values![index]!)).length;
  return without === 0 ? [] : [`${plural(without, 'head')} without a value in A or B, and so without a difference.`];
}
