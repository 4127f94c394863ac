import { expect, it } from 'vitest';
import type { Effect } from '../../shared/model/effect.ts';
import { randomIntervals } from './random-interval.ts';

const effect = (value: number): Effect => ({
  kl: value,
  'kl-last': 2 * value,
  nll: -value,
  'logit-difference': value % 2 === 0 ? value : -value,
  agreement: 1 - value / 100,
});

it('tells percentiles of the draws, and how many of them do less, whatever the direction', () => {
  const draws = Array.from({ length: 41 }, (_, at) => effect(40 - at));
  const { kl, 'kl-last': last, nll, 'logit-difference': difference, agreement } = randomIntervals(effect(30), draws);
  // Of 0 to 40 the ranks 1 and 39; 0 to 29 are smaller.
  expect(kl).toEqual({ low: 1, high: 39, below: 30 / 41 });
  expect(last).toEqual({ low: 2, high: 78, below: 30 / 41 });
  expect(nll).toEqual({ low: -39, high: -1, below: 30 / 41 });
  expect(difference.below).toBe(30 / 41);
  // Fewer positions that stay are a larger effect.
  expect(agreement.below).toBe(30 / 41);
  expect(agreement.low).toBeCloseTo(0.61, 12);
});

it('does not count draws of the same size, and says nothing of what is not there', () => {
  const same = randomIntervals(effect(2), [effect(2), effect(2)]);
  expect(same.kl).toEqual({ low: 2, high: 2, below: 0 });
  const none = { ...effect(1), nll: NaN };
  expect(randomIntervals(none, [none, none]).nll).toEqual({ low: NaN, high: NaN, below: NaN });
});
