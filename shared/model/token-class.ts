/** Classes of tokens, over which values of a head are averaged: what a head does on a comma says little of a word. */
import type { TokenView } from './token-view.ts';

/** In the order of their numbers. */
export const TOKEN_CLASSES = [
  'special',
  'newline',
  'blank',
  'punctuation',
  'digits',
  'word-start',
  'word-continuation',
] as const;
export type TokenClass = (typeof TOKEN_CLASSES)[number];

/**
 * Special tokens (BOS and the like); tokens with a line break; blanks; tokens without letters and digits; tokens with
 * digits and no letters; words with a blank before them, or where `startsWord` says that one begins; all others, parts
 * of characters among them, go on with a word.
 */
export function tokenClass({ text, special }: Pick<TokenView, 'text' | 'special'>, startsWord: boolean): TokenClass {
  if (special) return 'special';
  if (/[\n\r]/u.test(text)) return 'newline';
  if (text !== '' && /^\s+$/u.test(text)) return 'blank';
  const hasLetters = /[\p{L}\p{M}]/u.test(text);
  const hasDigits = /\p{N}/u.test(text);
  // Bytes that are no text of their own belong to a character of several tokens.
  if (text !== '' && !hasLetters && !hasDigits) return 'punctuation';
  if (hasDigits && !hasLetters) return 'digits';
  return startsWord || /^\s/u.test(text) ? 'word-start' : 'word-continuation';
}

/** Number of the class of each token of a prompt; a word also begins at its start and after anything that is no word. */
export function tokenClasses(tokens: readonly Pick<TokenView, 'text' | 'special'>[]): Uint8Array {
  const classes = new Uint8Array(tokens.length);
  let before: TokenClass = 'special';
  for (const [at, token] of tokens.entries()) {
    before = tokenClass(token, before !== 'word-start' && before !== 'word-continuation');
    classes[at] = TOKEN_CLASSES.indexOf(before);
  }
  return classes;
}
