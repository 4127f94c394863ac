import type { GeneratedToken } from '../../model/generation.ts';

/** A token that may follow at a step, with its probability in each line. */
export interface StepRow {
  readonly id: number;
  readonly display: string;
  /** One a line; where a line does not list the token, only that it is at most `bound`. */
  readonly probs: readonly StepProbability[];
  /** Lines that took it. */
  readonly taken: readonly boolean[];
}

export interface StepProbability {
  readonly p: number;
  readonly isBound: boolean;
}

/** What might have followed, of one line or of several at the same step; likeliest in any of them first. */
export function stepRows(steps: readonly GeneratedToken[]): readonly StepRow[] {
  const displays = new Map<number, string>();
  for (const { id, display, top } of steps) {
    displays.set(id, display);
    for (const choice of top) displays.set(choice.id, choice.display);
  }
  const rows = [...displays].map(([id, display]) => ({
    id,
    display,
    probs: steps.map((step) => probabilityOf(step, id)),
    taken: steps.map((step) => step.id === id),
  }));
  const most = ({ probs }: StepRow) => Math.max(...probs.map(({ p, isBound }) => (isBound ? 0 : p)));
  return rows.sort((a, b) => most(b) - most(a));
}

function probabilityOf({ id, prob, top }: GeneratedToken, wanted: number): StepProbability {
  if (id === wanted) return { p: prob, isBound: false };
  const listed = top.find((choice) => choice.id === wanted);
  // The list is that of the likeliest, so what is not on it is no likelier than its last.
  return listed ? { p: listed.prob, isBound: false } : { p: top.at(-1)?.prob ?? 1, isBound: true };
}
