import { describe, expect, it } from 'vitest';
import { agreement, firstDifference } from './parting.ts';

const line = (...ids: readonly number[]) => ({ tokens: ids.map((id) => ({ id })) });

describe('two continuations', () => {
  it('part where tokens differ, or where one has ended', () => {
    expect(firstDifference(line(1, 2, 3), line(1, 2, 3))).toBeNull();
    expect(firstDifference(line(1, 2, 3), line(1, 5, 3))).toBe(1);
    expect(firstDifference(line(1, 2, 3), line(1, 2))).toBe(2);
    expect(agreement(line(1, 2, 3), line(1, 5, 3))).toBeCloseTo(2 / 3);
    expect(agreement(line(1, 2, 3, 4), line(1, 2))).toBe(0.5);
    expect(agreement(line(), line())).toBe(1);
  });
});
