/** A comparison as what its figure is drawn from: it is of no run that is there, so its numbers go with it. Pure. */
import type { FigureRecipeInput } from '../../shared/figure/recipe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { usedText } from '../../shared/view/used-parameters.ts';
import { entryName } from '../scores/score-entries.ts';
import { compareRemarks } from './compare-remarks.ts';
import { describeResult, headsChanged, type Result } from './describe-result.ts';
import type { ScorePair } from './use-comparison.ts';

/** The part of the recipe that is neither its page nor what is selected. */
export type ComparedFigure = Pick<Extract<FigureRecipeInput, { view: 'results' }>, 'score' | 'a' | 'b' | 'remarks'>;

type Side = ComparedFigure['a'];

/** `a`: on screen, `b`: pinned. */
export function comparedFigure({ entry, table }: ScorePair, a: Result, b: Result): ComparedFigure {
  const own = entry.table!;
  const { id, unit, definition, badge, domain } = entry.info;
  const used = [own, table].map(usedText);
  const remarks = compareRemarks({ result: a, table: own }, { result: b, table });
  return {
    score: { id, name: entryName(entry), unit, definition, badge, domain: [...domain] },
    a: sideOf(a, own),
    b: sideOf(b, table),
    // What differs is a remark already.
    remarks: [...(used[0] !== '' && used[0] === used[1] ? [`With ${used[0]}.`] : []), ...remarks],
  };
}

function sideOf(result: Result, { values, floor }: ScoreTable): Side {
  const { model, layers, heads, kvHeads } = result;
  return {
    model,
    text: describeResult(result),
    layers,
    heads,
    kvHeads,
    values: Array.from(values!, (value) => (Number.isFinite(value) ? value : null)),
    floor,
    changed: [...headsChanged(result)],
  };
}
