import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeNames } from './place-names.ts';

const frame = { left: 0, right: 400, top: 0, bottom: 200 };

it('puts a name above its point, below where that is taken, and leaves out what has no room', () => {
  const at = (x: number, label: string | undefined) => ({ x, y: 100, label });
  expect(placeNames([at(100, 'L0H1'), at(110, 'L0H2'), at(115, 'L0H3'), at(300, undefined)], frame)).toEqual([
    { text: 'L0H1', x: 100, y: 92 },
    { text: 'L0H2', x: 110, y: 118 },
  ]);
});

it('never lays one name over another, nor over the edge', () => {
  const points = fc.array(
    fc.record({
      x: fc.integer({ min: 0, max: 400 }),
      y: fc.integer({ min: 0, max: 200 }),
      label: fc.constant('L10H11'),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(points, (made) => {
      const names = placeNames(made, frame);
      for (const [index, one] of names.entries()) {
        expect(one.x).toBeGreaterThanOrEqual(21);
        expect(one.x).toBeLessThanOrEqual(379);
        for (const other of names.slice(index + 1)) {
          expect(Math.abs(one.x - other.x) >= 42 || Math.abs(one.y - other.y) >= 13).toBe(true);
        }
      }
    }),
  );
});
