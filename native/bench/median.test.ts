import { describe, expect, it } from 'vitest';
import { median } from './median.ts';

describe('median', () => {
  it('is the middle value', () => expect(median([10, 9, 100])).toBe(10));
  it('is the mean of the middle two', () => expect(median([1, 100, 2, 4])).toBe(3));
  it('leaves its input in order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
  it('refuses nothing', () => expect(() => median([])).toThrow(/nothing/));
});
