import type { RunComparison } from '../../model/run.ts';
import type { TokenChoice } from '../../model/token-choice.ts';

/** A candidate for the next token; `changed` only where something was intervened in. */
export interface NextRow {
  readonly id: number;
  readonly display: string;
  readonly clean: number;
  readonly changed: number | undefined;
}

export function cleanRows(next: readonly TokenChoice[]): readonly NextRow[] {
  return next.map(({ id, display, prob }) => ({ id, display, clean: prob, changed: undefined }));
}

/** The top ten of both runs in one list, so that no token is seen on one side only; likeliest on either side first. */
export function comparedRows({ before, after }: RunComparison): readonly NextRow[] {
  const rows = new Map<number, NextRow>();
  for (const { id, display, clean, changed } of [...before, ...after]) rows.set(id, { id, display, clean, changed });
  const most = ({ clean, changed = 0 }: NextRow) => Math.max(clean, changed);
  return [...rows.values()].sort((a, b) => most(b) - most(a));
}
