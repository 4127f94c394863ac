// @vitest-environment node
import { expect, it } from 'vitest';
import { tokensOf } from './lab-tokens.ts';

it('reads blanks back from their marks', () => {
  expect(tokensOf(['·the⏎', '#12']).map(({ display, text }) => [display, text])).toEqual([
    ['·the⏎', ' the\n'],
    ['#12', '#12'],
  ]);
});
