import fc from 'fast-check';
import { expect, it } from 'vitest';
import { visibleCells } from './visible-cells.ts';

it('counts the cells under a texel one by one', () => {
  const level = fc.integer({ min: 0, max: 4 });
  const size = fc.integer({ min: 1, max: 80 });
  fc.assert(
    fc.property(level, size, size, fc.nat(9), fc.nat(9), (k, tokens, window, row, column) => {
      let count = 0;
      for (let query = row << k; query < Math.min(tokens, (row + 1) << k); query++) {
        for (let key = column << k; key < Math.min(tokens, (column + 1) << k); key++) {
          if (key <= query && query - key < window) count += 1;
        }
      }
      expect(visibleCells(row, column, k, tokens, window)).toBe(count);
    }),
    { numRuns: 2000 },
  );
});
