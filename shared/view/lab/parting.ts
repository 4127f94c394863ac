/** Where two continuations of the same prompt part. */
import type { GeneratedToken } from '../../model/generation.ts';

interface Line {
  readonly tokens: readonly Pick<GeneratedToken, 'id'>[];
}

/** First step at which two continuations of the same prompt have different tokens, or one has none; null: nowhere. */
export function firstDifference(a: Line, b: Line): number | null {
  const longer = Math.max(a.tokens.length, b.tokens.length);
  for (let step = 0; step < longer; step++) if (a.tokens[step]?.id !== b.tokens[step]?.id) return step;
  return null;
}

/** Share of steps with the same token, of the longer one; 1 for two empty ones. */
export function agreement(a: Line, b: Line): number {
  const longer = Math.max(a.tokens.length, b.tokens.length);
  if (longer === 0) return 1;
  return a.tokens.filter(({ id }, step) => id === b.tokens[step]?.id).length / longer;
}
