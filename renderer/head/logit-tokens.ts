import type { RunSummary } from '../../shared/model/run.ts';

export interface LogitToken {
  readonly id: number;
  readonly display: string;
}

/** Tokens that may be asked about: the one that came next, the likeliest after the last, then those of the prompt. */
export function logitTokens(
  { tokens, next }: Pick<RunSummary, 'tokens' | 'next'>,
  position: number,
): readonly LogitToken[] {
  const found = new Map<number, LogitToken>();
  const add = ({ id, display }: LogitToken) => {
    if (!found.has(id) && found.size < MOST) found.set(id, { id, display });
  };
  if (position + 1 < tokens.length) add(tokens[position + 1]!);
  next.forEach(add);
  tokens.toReversed().forEach(add);
  return [...found.values()];
}

/** A list that can be gone through by hand. */
const MOST = 64;
