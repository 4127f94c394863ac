import { expect, it } from 'vitest';
import { breaksBehind } from './token-flow.ts';

it('ends a line once where line ends follow each other', () => {
  const tokens = ['garden', '.\n', '\n', '\n\n', 'They', '\n', ' call'].map((text) => ({ text }));
  expect(tokens.map((_, at) => breaksBehind(tokens, at))).toEqual([false, false, false, true, false, true, false]);
  expect(breaksBehind([{ text: '\n' }], 0)).toBe(true);
});
