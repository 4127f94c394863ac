/** Candidates for the next token of the clean run and of two scenarios. Pure. */
import type { RunComparison } from '../../shared/model/run.ts';

export interface ScenarioRow {
  readonly id: number;
  readonly display: string;
  readonly clean: number;
  readonly a: number;
  readonly b: number;
}

/**
 * The top tens of all three, likeliest on any side first. Each of the three comparisons knows two of the probabilities of
 * its own top tens, so that together they know all three of every token.
 */
export function scenarioRows(ofA: RunComparison, ofB: RunComparison, between: RunComparison): readonly ScenarioRow[] {
  const rows = new Map<number, { id: number; display: string; clean: number; a: number; b: number }>();
  const read = ({ before, after }: RunComparison, first: 'clean' | 'a', second: 'a' | 'b') => {
    for (const { id, display, clean, changed } of [...before, ...after]) {
      const row = rows.get(id) ?? { id, display, clean: NaN, a: NaN, b: NaN };
      row[first] = clean;
      row[second] = changed;
      rows.set(id, row);
    }
  };
  read(ofA, 'clean', 'a');
  read(ofB, 'clean', 'b');
  read(between, 'a', 'b');
  const most = ({ clean, a, b }: ScenarioRow) => Math.max(clean, a, b);
  return [...rows.values()].sort((one, two) => most(two) - most(one));
}
