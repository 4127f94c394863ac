/** Spans of tokens that the axes of the map show as one bracket with a name. Pure. */
import { promptNameOf } from '../../shared/session/prompt-name.ts';
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
  return promptNameOf(source.kind === 'ids' ? source.ids : source.text, clean.tokens);
}

/** Spans of that prompt that the person marked, by folding them. */
export function markedSpans(
  folds: readonly TokenFold[],
  prompt: string | undefined,
): Pick<TokenFold, 'name' | 'start' | 'end'>[] {
  return folds.filter(({ of }) => of === prompt).map(({ name, start, end }) => ({ name, start, end }));
}

/** With one fold more, in the order of the prompt; those that it overlaps go. */
export function withFold(folds: readonly TokenFold[], fold: TokenFold): readonly TokenFold[] {
  const kept = folds.filter(({ of, start, end }) => of !== fold.of || end <= fold.start || start >= fold.end);
  return [...kept, fold].sort((a, b) => a.start - b.start);
}

export function withoutFold(folds: readonly TokenFold[], fold: TokenFold): readonly TokenFold[] {
  return folds.filter(({ of, start }) => of !== fold.of || start !== fold.start);
}
