import { describe, expect, it } from 'vitest';
import { findRepeat } from './repeat.ts';

describe('a sequence that occurs more than twice', () => {
  it('is scored on the rows of all copies but the first', () => {
    const once = [11, 12, 13, 14, 15, 16];
    expect(findRepeat(Int32Array.from([1, ...once, ...once, ...once]))).toEqual({ period: 6, start: 7, end: 19 });
  });
});
