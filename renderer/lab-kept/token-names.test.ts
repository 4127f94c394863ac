// @vitest-environment node
import { expect, it } from 'vitest';
import { partsOf, plainToken, tokenName } from './token-names.ts';

it('names tokens without the mark of their blank', () => {
  expect(['·copper', '··', '⏎', '', undefined].map(plainToken)).toEqual(['copper', '··', '⏎', '∅', '∅']);
  expect(tokenName(['·a', '·b'], 1)).toBe('1 “b”');
  expect(tokenName(['·a'], 1500)).toBe('1,500');
});

it('cuts a prompt into its parts', () => {
  expect(partsOf({ tokens: 20, questionStart: 12, answerStart: 18 })).toEqual([
    { name: 'context', start: 0, end: 12 },
    { name: 'question', start: 12, end: 18 },
    { name: 'answer', start: 18, end: 20 },
  ]);
  expect(partsOf({ tokens: 20, questionStart: null, answerStart: null })).toEqual([
    { name: 'context', start: 0, end: 20 },
  ]);
  expect(partsOf({ tokens: 20, questionStart: 0, answerStart: 20 }).map(({ name }) => name)).toEqual(['question']);
});
