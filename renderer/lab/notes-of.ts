/** What is to be known of rows, each thing once. Pure. */
import type { LabRow } from '../../shared/model/lab.ts';
import { rowBudget } from '../../shared/view/lab/row-budget.ts';
import { choiceName } from '../../shared/view/lab/series.ts';

export interface LabNote {
  readonly note: string;
  /** `Quest 50%; SnapKV 100%`: those that it is of; empty where it is of all. */
  readonly rows: string;
}

/** That dense attention is dense goes without saying. */
export function notesOf(rows: readonly LabRow[]): readonly LabNote[] {
  const found = new Map<string, string[]>();
  const told = rows.filter(({ result, choice }) => result !== null && choice.method !== 'dense');
  for (const row of told) {
    const { choice, info, result } = row;
    const name = choiceName(choice, info);
    for (const note of new Set(result?.notes)) {
      const names = found.get(note) ?? [];
      names.push(info.budget === null ? name : `${name} ${rowBudget(row).asked}`);
      found.set(note, names);
    }
  }
  return [...found].map(([note, names]) => ({ note, rows: names.length === told.length ? '' : names.join('; ') }));
}
