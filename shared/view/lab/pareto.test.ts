import { expect, it } from 'vitest';
import { createPrng } from '../../base/prng.ts';
import { paretoFront, staircase } from './pareto.ts';

it('takes the points that no other beats, by cost', () => {
  const points = [
    { cost: 3, value: 0.9 },
    { cost: 1, value: 0.5 },
    { cost: 2, value: 0.4 },
    { cost: 2, value: 0.7 },
    { cost: 2, value: 0.7 },
    { cost: 0.5, value: NaN },
  ];
  expect(paretoFront(points, 'higher')).toEqual([1, 3, 4, 0]);
  expect(paretoFront(points, 'lower')).toEqual([1, 2]);
  expect(paretoFront([], 'lower')).toEqual([]);
});

it.each(['higher', 'lower'] as const)('leaves no point that another beats (%s is better)', (better) => {
  const prng = createPrng(7);
  const points = Array.from({ length: 60 }, () => ({ cost: prng.integer(12), value: prng.integer(12) }));
  const sign = better === 'higher' ? -1 : 1;
  const beats = (a: (typeof points)[number], b: (typeof points)[number]) =>
    a.cost <= b.cost && sign * a.value <= sign * b.value && (a.cost < b.cost || a.value !== b.value);
  const front = paretoFront(points, better);
  const wanted = points.filter((point) => !points.some((other) => beats(other, point)));
  const text = ({ cost, value }: (typeof points)[number]) => `${cost} ${value}`;
  expect(front.map((at) => text(points[at]!)).sort()).toEqual(wanted.map(text).sort());
});

it('is drawn as the border of what it beats', () => {
  const front = [
    { x: 1, y: 5 },
    { x: 3, y: 2 },
    { x: 9, y: 0 },
  ];
  expect(staircase(front, 8, 6).map(({ x, y }) => [x, y])).toEqual([
    [1, 8],
    [1, 5],
    [3, 5],
    [3, 2],
    [6, 2],
  ]);
  expect(staircase([{ x: 9, y: 0 }], 8, 6)).toEqual([]);
});
