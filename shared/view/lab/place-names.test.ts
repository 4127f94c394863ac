import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeNames, type NamedPoint, type PlacedName } from './place-names.ts';

const ROOM = { left: 0, right: 300, top: 0, bottom: 200, height: 12, radius: 4, far: true, lines: [] };

const boxOf = ({ index, x, y }: PlacedName, points: readonly NamedPoint[]) => ({
  left: x,
  right: x + points[index]!.width,
  top: y - ROOM.height / 2,
  bottom: y + ROOM.height / 2,
});
const meet = (a: ReturnType<typeof boxOf>, b: ReturnType<typeof boxOf>) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

it('puts a name to the right of its point, to the left at the right edge, and farther off with a line in a crowd', () => {
  const [one] = placeNames([{ px: 50, py: 50, width: 40 }], ROOM);
  expect(one).toEqual({ index: 0, x: 57, y: 50, leader: null });
  expect(placeNames([{ px: 290, py: 50, width: 40 }], ROOM)[0]!.x).toBe(243);
  const crowd = Array.from({ length: 12 }, (_, at) => ({ px: 100, py: 100 + at, width: 40 }));
  const names = placeNames(crowd, ROOM);
  expect(names).toHaveLength(12);
  expect(names.some(({ leader }) => leader !== null)).toBe(true);
  const line = [
    [0, 50],
    [300, 50],
  ] as const;
  expect(placeNames([{ px: 50, py: 50, width: 40 }], { ...ROOM, lines: [line] })[0]!.y).not.toBe(50);
  const near = placeNames(crowd, { ...ROOM, far: false });
  expect(near.length).toBeGreaterThan(0);
  expect(near.every(({ leader }) => leader === null)).toBe(true);
});

it('puts no name over another, over a point or out of the plot', () => {
  const point = fc.record({
    px: fc.integer({ min: 0, max: 300 }),
    py: fc.integer({ min: 0, max: 200 }),
    width: fc.integer({ min: 0, max: 90 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 30 }), fc.boolean(), (points, far) => {
      const names = placeNames(points, { ...ROOM, far });
      const boxes = names.map((name) => boxOf(name, points));
      for (const [at, box] of boxes.entries()) {
        expect([box.left >= 0, box.right <= 300, box.top >= 0, box.bottom <= 200]).toEqual([true, true, true, true]);
        expect(boxes.slice(at + 1).some((other) => meet(box, other))).toBe(false);
        const { radius } = ROOM;
        const dots = points.map(({ px, py }) => ({
          left: px - radius,
          right: px + radius,
          top: py - radius,
          bottom: py + radius,
        }));
        expect(dots.some((dot) => meet(box, dot))).toBe(false);
      }
      expect(new Set(names.map(({ index }) => index)).size).toBe(names.length);
      expect(names.every(({ index }) => points[index]!.width > 0)).toBe(true);
    }),
  );
});

it('puts no name of a budget over a line that is drawn, and leaves out what has no other place', () => {
  const near = { ...ROOM, far: false };
  const slope = [
    [0, 100],
    [100, 100],
    [200, 0],
  ] as const;
  const points = [
    { px: 100, py: 100, width: 20 },
    { px: 150, py: 50, width: 20 },
  ];
  const names = placeNames(points, { ...near, drawn: [slope] });
  expect(names).toHaveLength(2);
  for (const { index, x, y } of names) {
    const { left, right, top, bottom } = boxOf({ index, x, y, leader: null }, points);
    for (let at = 0; at <= 200; at++) {
      const py = at <= 100 ? 100 : 200 - at;
      expect(at > left && at < right && py > top && py < bottom, `${index} at ${at}`).toBe(false);
    }
  }
  expect(placeNames(points, near).map(({ x }) => x)).toContain(107);
  const fan = Array.from({ length: 16 }, (_, turn) => {
    const [dx, dy] = [Math.cos((turn * Math.PI) / 8), Math.sin((turn * Math.PI) / 8)];
    return [[100, 100] as const, [100 + 60 * dx, 100 + 60 * dy] as const];
  });
  const [point] = points;
  expect(placeNames([point!], { ...near, drawn: fan })).toEqual([]);
  // A name is no number: it is needed to tell points apart.
  expect(placeNames([point!], { ...ROOM, drawn: fan })).toHaveLength(1);
});
