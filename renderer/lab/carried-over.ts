/** What was looked at in a comparison, in the one that takes its place. Pure. */
import type { LabRecord, LabRow } from '../../shared/model/lab.ts';
import type { LabMap, LabState } from '../state/lab-state.ts';

export type Looked = Pick<LabState, 'row' | 'maps' | 'query' | 'key'>;

/** Rows are found again by method, parameters and budget; positions stay where the tokens are the same. */
export function carriedOver(looked: Looked, before: LabRecord, after: LabRecord): Looked {
  const names = after.rows.map(({ choice }) => choiceKey(choice));
  const again = (row: number): number => {
    const was = before.rows[row];
    return was ? names.indexOf(choiceKey(was.choice)) : -1;
  };
  const maps = looked.maps.flatMap((map): LabMap[] => {
    if (map.row === null) return [map];
    const row = again(map.row);
    return row < 0 ? [] : [{ ...map, row }];
  });
  const { displays } = before.about;
  const isSame =
    displays.length === after.about.displays.length && displays.every((text, at) => text === after.about.displays[at]);
  const row = again(looked.row);
  return {
    row: row < 0 ? firstRow(after) : row,
    maps,
    query: isSame ? looked.query : null,
    key: isSame ? looked.key : null,
  };
}

/** Dense attention alone is not what is to be seen. */
export function firstRow({ rows }: LabRecord): number {
  return Math.max(
    0,
    rows.findIndex(({ choice, result }) => choice.method !== 'dense' && result !== null),
  );
}

/** The same for rows of one method with the same parameters and budget. */
export function choiceKey({ method, parameters, budget }: LabRow['choice']): string {
  const given = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, given, budget]);
}
