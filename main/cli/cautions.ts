/** What to mind of numbers under interventions. */
import type { Change } from '../../shared/model/effect.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { formatRanges } from '../../shared/model/position-ranges.ts';

/** Of what has effect, on a prompt of so many tokens; each sentence once. */
export function cautionsOf(changes: readonly Change[], tokens: number): string[] {
  const cautions = changes.flatMap(({ what, rows, keys }) => {
    const { name, caution } = interventionKind(what);
    const own = caution === undefined ? [] : [`${name}: ${caution}`];
    for (const ranges of [rows, keys]) {
      if (ranges === undefined || ranges.some(({ start }) => start < tokens)) continue;
      own.push(`${name}: there is nothing at ${formatRanges(ranges)} in a prompt of ${tokens} tokens.`);
    }
    return own;
  });
  return [...new Set(cautions)];
}
