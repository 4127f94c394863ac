import { expect, it } from 'vitest';
import { createToken, sameToken } from './token.ts';

it('makes long tokens of subprotocol characters, never twice', () => {
  const tokens = Array.from({ length: 100 }, createToken);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(new Set(tokens).size).toBe(100);
});

it('compares whole tokens', () => {
  expect(sameToken('abc', 'abc')).toBe(true);
  for (const other of ['', 'ab', 'abcd', 'abC']) expect(sameToken(other, 'abc')).toBe(false);
});
