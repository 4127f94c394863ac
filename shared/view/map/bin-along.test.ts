import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binAlong } from './bin-along.ts';

describe('binAlong', () => {
  it('gives every token its own stretch when zoomed in', () => {
    const axis = { start: 1, cellPx: 10, lengthPx: 20, pixelRatio: 1 };
    expect(binAlong([5, 6, 7, 8], axis, 'mean')).toEqual([
      { startPx: 0, endPx: 10, value: 6 },
      { startPx: 10, endPx: 20, value: 7 },
    ]);
  });

  it('joins tokens that share a pixel, by maximum or mean', () => {
    const axis = { start: 0, cellPx: 0.5, lengthPx: 2, pixelRatio: 1 };
    const values = [0, 4, 1, 1];
    // Tokens 0 and 1 start at 0 and 0.5 px, which rounds to 1: the first pixel holds token 0 alone.
    const joined = binAlong(values, axis, 'max');
    expect(joined.length).toBeLessThan(values.length);
    expect(Math.max(...joined.map((stretch) => stretch.value))).toBe(4);
  });

  it('covers the window without gaps', () => {
    const numbers = fc.double({ min: 0.05, max: 30, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 800 }),
        numbers,
        fc.constantFrom(1, 1.5, 2),
        (count, cellPx, pixelRatio) => {
          const lengthPx = Math.min(500, Math.max(1, Math.round(count * cellPx)));
          const stretches = binAlong(
            new Float32Array(count).fill(1),
            { start: 0, cellPx, lengthPx, pixelRatio },
            'mean',
          );
          expect(stretches[0]!.startPx).toBe(0);
          for (let i = 1; i < stretches.length; i++) {
            expect(stretches[i]!.startPx).toBeCloseTo(stretches[i - 1]!.endPx, 6);
          }
          expect(stretches.at(-1)!.endPx).toBeGreaterThanOrEqual(lengthPx - 1);
          expect(stretches.every((stretch) => stretch.value === 1)).toBe(true);
        },
      ),
    );
  });
});
