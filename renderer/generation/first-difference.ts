import type { GeneratedLine } from '../state/generation-state.ts';

/**
 * The first step at which two lines part: other tokens, or one of them at its end. Undefined while there is none, also
 * where a line is still growing or was cut short by the person.
 */
export function firstDifference(a: GeneratedLine, b: GeneratedLine): number | undefined {
  const common = Math.min(a.tokens.length, b.tokens.length);
  for (let step = 0; step < common; step++) if (a.tokens[step]!.id !== b.tokens[step]!.id) return step;
  if (a.tokens.length === b.tokens.length) return undefined;
  const shorter = a.tokens.length < b.tokens.length ? a : b;
  return shorter.end === 'end-token' || shorter.end === 'stop-text' ? common : undefined;
}
