import { expect, it } from 'vitest';
import { errorTexts, farthestDots, importanceDots } from './importance-dots.ts';
import { importanceRecord } from './testing/records.ts';

it('has a dot for every head with both values, on axes with the same ends', () => {
  const { dots, x, y } = importanceDots(importanceRecord());
  expect(dots.map(({ index }) => index)).toEqual([0, 1, 3, 4, 5]);
  expect([x.lo, x.hi]).toEqual([y.lo, y.hi]);
  for (const { exact, approximate } of dots)
    for (const each of [exact, approximate]) expect(each).toBeLessThanOrEqual(x.hi);
  expect(x.name).toContain('|change of the loss|');
  expect(importanceDots({ ...importanceRecord(), signed: true }).x.name).not.toContain('|');
});

it('names what is far out on either axis', () => {
  const { dots } = importanceDots(importanceRecord());
  expect(farthestDots(dots, 2).map(({ index }) => index)).toEqual([4, 5]);
});

it('says the errors in words', () => {
  // |0|, |-0.1|, |0|, |-0.75|, |0.4| over five heads.
  expect(errorTexts(importanceRecord()).slice(2)).toEqual([
    'mean |error| 0.250 nats',
    'largest |error| 0.750 nats',
    '5 heads, epsilon 0.05, magnitudes',
  ]);
});
