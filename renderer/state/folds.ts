/** Spans of tokens that the axes of the map show as one bracket with a name. Pure. */
import type { RunState } from './run-state.ts';

/** Tokens `start` to `end` - 1 of a prompt. */
export interface TokenFold {
  /** Of `promptName`. */
  readonly of: string;
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/**
 * Names the prompt that is on screen: the same for the same text and length, whatever run it is and in which engine.
 * Undefined while there is none.
 */
export function promptName({ source, clean }: RunState): string | undefined {
  if (!source || !clean) return undefined;
  const text = source.kind === 'ids' ? source.ids : source.text;
  // FNV-1a: short, and good enough to tell the prompts of one person apart.
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${clean.tokens}-${(hash >>> 0).toString(16)}`;
}

/** With one fold more, in the order of the prompt; those that it overlaps go. */
export function withFold(folds: readonly TokenFold[], fold: TokenFold): readonly TokenFold[] {
  const kept = folds.filter(({ of, start, end }) => of !== fold.of || end <= fold.start || start >= fold.end);
  return [...kept, fold].sort((a, b) => a.start - b.start);
}

export function withoutFold(folds: readonly TokenFold[], fold: TokenFold): readonly TokenFold[] {
  return folds.filter(({ of, start }) => of !== fold.of || start !== fold.start);
}
