import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowBlocks } from './row-blocks.ts';

describe('blocks of rows', () => {
  it('hold no more keys than they may, and follow one another', () => {
    const sizes = fc.record({
      heads: fc.integer({ min: 1, max: 64 }),
      start: fc.nat(9000),
      rows: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 2 ** 26 }), ({ heads, start, rows }, most) => {
        const blocks = rowBlocks(heads, { start, end: start + rows }, most);
        expect(blocks[0]!.start).toBe(start);
        expect(blocks.at(-1)!.end).toBe(start + rows);
        blocks.forEach((block, at) => {
          if (at > 0) expect(block.start).toBe(blocks[at - 1]!.end);
          expect(block.end).toBeGreaterThan(block.start);
          const cells = heads * (block.end - block.start) * block.end;
          if (block.end - block.start >= 48 + 2 * 16) expect(cells).toBeLessThanOrEqual(most);
          expect(block.end - block.start).toBeGreaterThanOrEqual(Math.min(rows, 16));
        });
      }),
      { examples: [[{ heads: 1, start: 4305, rows: 1855 }, 1]] },
    );
  });

  it('are one at 1,024 tokens, and 64 MiB at 8,192', () => {
    expect(rowBlocks(8, { start: 0, end: 1024 })).toEqual([{ start: 0, end: 1024 }]);
    const long = rowBlocks(8, { start: 0, end: 8192 });
    const bytes = long.map(({ start, end }) => 4 * 8 * (end - start) * end);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(2 ** 26);
    expect(Math.max(...bytes)).toBeGreaterThan(2 ** 25);
    // Where the kernel cuts rows itself, whatever comes before.
    for (const { start } of long) expect((start % 2048) % 48).toBe(0);
  });
});
