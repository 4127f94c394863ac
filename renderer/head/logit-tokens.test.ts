// @vitest-environment node
import { expect, it } from 'vitest';
import { logitTokens } from './logit-tokens.ts';

const token = (id: number) => ({ id, display: `t${id}`, text: '', start: 0, end: 0, special: false });
const choice = (id: number) => ({ id, display: `t${id}`, text: '', prob: 0.1, logit: 0 });

it('the token that came next is first, each stands there once, and the list ends', () => {
  const tokens = [1, 2, 3, 2].map(token);
  const idsAt = (position: number) =>
    logitTokens({ tokens, next: [choice(9), choice(3)] }, position).map(({ id }) => id);
  expect(idsAt(1)).toEqual([3, 9, 2, 1]);
  expect(idsAt(3)).toEqual([9, 3, 2, 1]);
  const many = Array.from({ length: 500 }, (_, id) => token(id));
  expect(logitTokens({ tokens: many, next: [] }, 0)).toHaveLength(64);
});
