/** Tokens of a comparison in words: of it only what is displayed is known. Pure. */
import type { LabAbout } from '../../shared/model/lab.ts';
import { formatCount } from '../../shared/view/format.ts';

/** A token without the mark of its leading blank. */
export function plainToken(display: string | undefined): string {
  const trimmed = (display ?? '').replace(/^·+(?=[^·])/, '');
  return trimmed === '' ? '∅' : trimmed;
}

/** `815 “lantern”`. */
export function tokenName(displays: readonly string[], index: number): string {
  return index < displays.length ? `${formatCount(index)} “${plainToken(displays[index])}”` : formatCount(index);
}

export interface TokenPart {
  readonly name: 'context' | 'question' | 'answer';
  /** First token, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** What the prompt is made of, in its order; one part where it is all context. */
export function partsOf(about: Pick<LabAbout, 'tokens' | 'questionStart' | 'answerStart'>): TokenPart[] {
  const { tokens, questionStart, answerStart } = about;
  const starts = [
    { name: 'context', start: 0 },
    ...(questionStart === null ? [] : [{ name: 'question', start: questionStart } as const]),
    ...(answerStart === null ? [] : [{ name: 'answer', start: answerStart } as const]),
  ] as const;
  return starts
    .map(({ name, start }, at) => ({ name, start, end: starts[at + 1]?.start ?? tokens }))
    .filter(({ start, end }) => end > start);
}
