/** Which maps of a comparison stand side by side, and what they are called. Pure. */
import type { LabRow } from '../../model/lab.ts';
import type { MethodResult } from '../../model/method-result.ts';
import type { MethodTileValue } from '../../model/method-views.ts';
import { rowBudget } from './row-budget.ts';
import { choiceName, seriesOf } from './series.ts';

/** `row` of the record, null = dense attention, which has its probability alone. */
export interface MethodMap {
  readonly row: number | null;
  readonly value: MethodTileValue;
}

export const MOST_METHOD_MAPS = 6;
/** Besides dense attention, unless others are chosen. */
const DEFAULT_METHODS = 3;

/**
 * Those that are chosen and there; none chosen: dense attention, and the first row of each of the first methods, those
 * that are dense at this length only where there are no others.
 */
export function shownMaps(chosen: readonly MethodMap[], rows: readonly LabRow[]): readonly MethodMap[] {
  const here = chosen.filter(({ row }) => row === null || row < rows.length).slice(0, MOST_METHOD_MAPS);
  if (here.length > 0) return here;
  const firstOf = (isWanted: (result: MethodResult) => boolean) =>
    seriesOf(rows)
      .map((series) => series.rows.find((row) => rows[row]!.result !== null && isWanted(rows[row]!.result)))
      .filter((row) => row !== undefined);
  const sparse = firstOf(({ trace, denseHere }) => trace !== null && !denseHere);
  const first = (sparse.length > 0 ? sparse : firstOf(({ trace }) => trace !== null)).slice(0, DEFAULT_METHODS);
  return [
    { row: null, value: 'probability' },
    ...first.map((row): MethodMap => ({ row, value: valueOf(rows[row]!, 'probability') })),
  ];
}

/** The value, or what can be had in its place: a method that changes keys or values has no map of its own to be known. */
export function valueOf({ info }: Pick<LabRow, 'info'>, value: MethodTileValue): MethodTileValue {
  const hasMap = !info.classes.includes('modifying') || value === 'lost';
  return hasMap ? value : 'kept';
}

/** What is added next: the first row without a map that leaves something out, else the last one's difference from dense attention. */
export function nextMap(shown: readonly MethodMap[], rows: readonly LabRow[]): MethodMap {
  const free = rows.findIndex(
    ({ result }, row) =>
      result !== null && result.trace !== null && !result.denseHere && shown.every((map) => map.row !== row),
  );
  if (free >= 0) return { row: free, value: valueOf(rows[free]!, 'probability') };
  const last = shown.findLast(({ row }) => row !== null);
  return last ? { row: last.row, value: valueOf(rows[last.row!]!, 'difference') } : { row: null, value: 'probability' };
}

/**
 * `SnapKV @ 12.5%`, or `SnapKV @ 74 keys` where none was asked for, without what the method's name explains of itself; the
 * name alone where there is no budget.
 */
export function rowName(row: Pick<LabRow, 'choice' | 'info' | 'result'>): string {
  const { choice, info } = row;
  const name = choiceName(choice, { ...info, name: info.name.replace(/ \([^)]*\)$/, '') });
  return info.budget === null ? name : `${name} @ ${rowBudget(row).asked}`;
}
