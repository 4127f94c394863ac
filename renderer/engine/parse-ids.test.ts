// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { parseIds } from './parse-ids.ts';

describe('parseIds', () => {
  it.each([
    ['1, 2,3', [1, 2, 3]],
    ['[5 6\n7]', [5, 6, 7]],
    ['', []],
  ])('reads %j', (text, ids) => {
    expect(parseIds(text)).toEqual({ ids: Int32Array.from(ids) });
  });

  it.each(['1, x', '-4', '1.5', '12345678901'])('refuses %j with what is wrong', (text) => {
    expect(parseIds(text)).toHaveProperty('problem');
  });
});
