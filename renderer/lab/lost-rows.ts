/** What of a comparison has to be run again because the engine does not hold it any more. Pure. */
import type { LabRecord, LabRow } from '../../shared/model/lab.ts';
import { choiceKey } from './carried-over.ts';
import type { PlannedEntry } from './lab-requests.ts';

/** Whether an answer says that what was asked about is not held, and not that it cannot be had. */
export function isGone(error: unknown): boolean {
  const code = error instanceof Object && 'code' in error ? error.code : undefined;
  return code === 'unknown-run' || code === 'not-stored';
}

/**
 * Rows whose traces are lost, by method. Through all layers (F2) and generating (F3) each holds states of its own, of which
 * there may not be room for all: of these only rows that are looked at.
 */
export function lostRows(
  { about, rows }: Pick<LabRecord, 'about' | 'rows'>,
  lost: ReadonlySet<string>,
  looked: ReadonlySet<number>,
): readonly LabRow[] {
  return rows.filter(({ result }, at) => {
    const isLost = typeof result?.trace === 'string' && lost.has(result.trace);
    return isLost && (about.fidelity === 'F1' || looked.has(at));
  });
}

/** One request a method with its parameters, for each budget once. */
export function plannedAgain(rows: readonly LabRow[]): PlannedEntry[] {
  const planned = new Map<string, PlannedEntry>();
  const asked = new Set<string>();
  for (const { choice, info } of rows) {
    const { method, parameters, budget } = choice;
    if (asked.has(choiceKey(choice))) continue;
    asked.add(choiceKey(choice));
    // As published and by a budget are not asked for at once.
    const key = `${choiceKey({ method, parameters, budget: null })} ${budget === null}`;
    const before = planned.get(key)?.budgets ?? [];
    const entry = { method, parameters, budgets: null };
    planned.set(key, { entry, info, budgets: budget === null ? [] : [...before, budget] });
  }
  return [...planned.values()];
}
