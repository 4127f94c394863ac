// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowWindow, tableParts } from './virtual-rows.ts';

describe('rows of a long table', () => {
  it('are those in sight and a few more', () => {
    expect(rowWindow(1000, 22, 0, 220)).toEqual({ first: 0, end: 22 });
    expect(rowWindow(1000, 22, 2200, 220)).toEqual({ first: 88, end: 122 });
    expect(rowWindow(1000, 22, 22 * 1000, 220)).toEqual({ first: 988, end: 1000 });
    expect(rowWindow(0, 22, 0, 220)).toEqual({ first: 0, end: 0 });
  });

  it('with their gaps make up the whole table, in order, the selected one always among them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 0, max: 80_000 }),
        fc.integer({ min: 0, max: 900 }),
        fc.option(fc.integer({ min: -1, max: 3000 }), { nil: undefined }),
        (rows, scrolled, view, also) => {
          const parts = tableParts(rows, rowWindow(rows, 22, scrolled, view), also);
          let next = 0;
          for (const part of parts) {
            expect(part.kind === 'row' ? part.index : part.from).toBe(next);
            next += part.kind === 'row' ? 1 : part.rows;
          }
          expect(next).toBe(rows);
          const shown = parts.flatMap((part) => (part.kind === 'row' ? [part.index] : []));
          expect(shown.length).toBeLessThan(900 / 22 + 30);
          if (also !== undefined && also >= 0 && also < rows) expect(shown).toContain(also);
        },
      ),
    );
  });
});
