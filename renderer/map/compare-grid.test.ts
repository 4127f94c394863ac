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
});
