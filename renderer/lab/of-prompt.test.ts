// @vitest-environment node
import { expect, it } from 'vitest';
import { isOfPrompt } from './of-prompt.ts';

const tokens = ['a', '·b'].map((display) => ({ display }));

it('compares the tokens before the answer', () => {
  expect(isOfPrompt({ displays: ['a', '·b'], answerStart: null }, tokens)).toBe(true);
  expect(isOfPrompt({ displays: ['a', '·b', '·c'], answerStart: 2 }, tokens)).toBe(true);
  expect(isOfPrompt({ displays: ['a', '·b', '·c'], answerStart: null }, tokens)).toBe(false);
  expect(isOfPrompt({ displays: ['a', '·b', '·c'], answerStart: 1 }, tokens)).toBe(false);
  expect(isOfPrompt({ displays: ['a', '·x'], answerStart: null }, tokens)).toBe(false);
});
