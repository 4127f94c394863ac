/** Where the question of a prompt seems to begin. Pure. */
import type { TokenView } from '../../shared/model/token-view.ts';

/** A question of fewer tokens is none: what precedes it belongs to it. */
const LEAST_TOKENS = 4;
/** Where no end of a sentence says better. */
const LAST_SHARE = 0.25;
const ENDS = [
  // A line that says so.
  /(?:^|\s)(?=(?:question|q):)/giu,
  // A paragraph or a line.
  /\n+(?=[^\n]*\S)/gu,
  // A sentence.
  /(?<=[.!?…]["”’)]*)\s+(?=\S)/gu,
];

/**
 * First token of the last paragraph, else of the last sentence, else of the last quarter: what is not more than half of
 * the prompt and not too short. Between 1 and one less than there are tokens; 1 where there is but one.
 */
export function guessCut(tokens: readonly Pick<TokenView, 'text'>[]): number {
  const starts: number[] = [];
  let text = '';
  for (const token of tokens) {
    starts.push(text.length);
    text += token.text;
  }
  const n = tokens.length;
  const longest = Math.floor(n / 2);
  for (const end of ENDS) {
    const cuts = [...text.matchAll(end)].map(({ index }) => starts.findIndex((start) => start >= index));
    const found = cuts.findLast((cut) => cut > 0 && n - cut >= LEAST_TOKENS);
    if (found !== undefined && n - found <= longest) return found;
  }
  return Math.max(1, Math.min(n - 1, Math.round(n * (1 - LAST_SHARE))));
}
