// @vitest-environment node
import { expect, it } from 'vitest';
import type { ScoreSpread } from '../../shared/model/score.ts';
import { intervalText } from './interval-text.ts';

/** Of two heads. */
const spread = (prompts: number, low: readonly number[], active: readonly number[] = [1, 1]): ScoreSpread => ({
  prompts,
  deviation: Float64Array.of(0, 0),
  active: Float64Array.from(active),
  low: Float64Array.from(low),
  high: Float64Array.from(low, (value) => value + 0.2),
});
const text = (of: ScoreSpread, at: number) => intervalText(of, at, (value) => value.toFixed(2));

it('has the number of prompts beside the interval', () => {
  expect(text(spread(7, [0.1, 0.5]), 1)).toBe('0.50 to 0.70, n 7');
});

it('has no interval of one prompt, whatever an older file has there', () => {
  expect(text(spread(1, [1, 1]), 0)).toBe('n 1');
  // The score applies to two prompts, and the head has a value on one of them.
  expect(text(spread(2, [NaN, 0.5]), 0)).toBe('n 1');
});

it('says nothing of a head without values', () => {
  expect(text(spread(7, [NaN, 0.5], [NaN, 1]), 0)).toBe('');
});
