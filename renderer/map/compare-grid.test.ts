import { describe, expect, it } from 'vitest';
import { compareColumns } from './compare-grid.ts';

describe('maps side by side', () => {
  it('stand so that they are as large as possible', () => {
    expect(compareColumns(1, { width: 640, height: 600 })).toBe(1);
    expect(compareColumns(2, { width: 640, height: 600 })).toBe(2);
    expect(compareColumns(2, { width: 500, height: 900 })).toBe(1);
    expect(compareColumns(2, { width: 1200, height: 600 })).toBe(2);
    expect(compareColumns(4, { width: 640, height: 600 })).toBe(2);
    expect(compareColumns(6, { width: 1200, height: 700 })).toBe(3);
  });

  it('give up their labels only where they would be too small with them', () => {
    expect(compareColumns(7, { width: 1240, height: 880 })).toBe(4);
    expect(compareColumns(7, { width: 640, height: 530 })).toBe(4);
  });
});
