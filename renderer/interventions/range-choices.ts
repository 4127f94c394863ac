/** Positions that are marked on screen, which an entry can be limited to. Pure. */
import type { PositionRange } from '../../shared/model/position-ranges.ts';
import { markedSpans, promptName } from '../state/folds.ts';
import type { AppState } from '../state/store.ts';

export interface RangeChoice {
  readonly name: string;
  readonly ranges: PositionRange[];
}

/** `of`: queries or keys, which a rectangle on the map has different ones of. */
export function rangeChoices(
  { edit, ui, view, run }: Pick<AppState, 'edit' | 'ui' | 'view' | 'run'>,
  of: 'rows' | 'keys',
): readonly RangeChoice[] {
  const choices: RangeChoice[] = [];
  const { tokenRange } = ui;
  if (tokenRange) choices.push({ name: 'Selection on the strip', ranges: [{ ...tokenRange }] });
  const pinned = edit.pinnedToken;
  if (pinned !== undefined) {
    choices.push({ name: 'Pinned token', ranges: [{ start: pinned, end: pinned + 1 }] });
  }
  const region = view.brush && view.brush.of === run.clean?.key ? view.brush.region : undefined;
  if (region) {
    const { rowStart, rowEnd, keyStart, keyEnd } = region;
    const range = of === 'rows' ? { start: rowStart, end: rowEnd } : { start: keyStart, end: keyEnd };
    choices.push({ name: of === 'rows' ? 'Queries of the rectangle' : 'Keys of the rectangle', ranges: [range] });
  }
  for (const { name, start, end } of markedSpans(edit.folds, promptName(run))) {
    choices.push({ name: `“${name}”`, ranges: [{ start, end, name }] });
  }
  return choices;
}

/** `3`, `3–6`, `3–6, 12`: as a person reads them, both ends included. */
export function rangesText(ranges: readonly PositionRange[]): string {
  return ranges.map(({ start, end }) => (end === start + 1 ? String(start) : `${start}–${end - 1}`)).join(', ');
}

/** For the row: the names of segments, else the positions. */
export function rangesWord(ranges: readonly PositionRange[]): string {
  const names = ranges.map(({ name }) => name);
  return names.every((name) => name !== undefined) ? names.map((name) => `“${name}”`).join(', ') : rangesText(ranges);
}
