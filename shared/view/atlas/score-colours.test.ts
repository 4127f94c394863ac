import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../model/testing/score-table.ts';
import {
  formatScore,
  isSigned,
  notableHeads,
  scoreColour,
  scoreDecimals,
  scoreMap,
  scoreScale,
  strengthOf,
} from './score-colours.ts';

const score = (domain: readonly [number | null, number | null], values: number[] | null) =>
  makeScoreTable('x', values, { domain });

describe('colours of a score', () => {
  it('takes declared ends of the domain, and rounded ones of the data for the rest', () => {
    expect(scoreScale(score([0, 1], [0.2, 0.4]))).toEqual({ kind: 'linear', lo: 0, hi: 1 });
    expect(scoreScale(score([0, null], [0.2, 4.7]))).toEqual({ kind: 'linear', lo: 0, hi: 5 });
    expect(scoreScale(score([null, null], null))).toEqual({ kind: 'linear', lo: 0, hi: 1 });
    expect(scoreScale(score([0, null], [0, 0])).hi).toBeGreaterThan(0);
  });

  it('prints numbers in the few high cells only', () => {
    const values = [0.9, 0.1, 0.5, 0.2, 0.05, 0.8, 0.7, 0.6];
    const notable = notableHeads(values, { kind: 'linear', lo: 0, hi: 1 });
    expect([...notable]).toEqual([0, 5, 6]);
    expect(notableHeads([0.1, 0.1], { kind: 'linear', lo: 0, hi: 1 }).size).toBe(0);
  });

  it('puts zero of a signed score in the middle of its colours', () => {
    const scale = scoreScale(score([null, null], [-0.4, 0.9]));
    expect([scale.lo, scale.hi, isSigned(scale)]).toEqual([-1, 1, true]);
    expect(scoreScale(score([-1, 1], [0.2]))).toEqual({ kind: 'linear', lo: -1, hi: 1 });
    expect(scoreScale(score([null, null], [-5, -2])).hi).toBe(5);
    expect(isSigned(scoreScale(score([null, 1], [0.2, 0.4])))).toBe(false);
    expect([scoreMap(scale, 'dark'), scoreMap(scale, 'light')]).toEqual(['divergingOnDark', 'divergingOnLight']);
    const [down, zero, up] = [-1, 0, 1].map((value) => scoreColour(scale, value, 'light'));
    expect([down!.b > down!.r, up!.r > up!.b]).toEqual([true, true]);
    expect(Math.min(zero!.r, zero!.g, zero!.b)).toBeGreaterThan(240);
    expect([strengthOf(scale, -1), strengthOf(scale, 0), strengthOf(scale, 0.5)]).toEqual([1, 0, 0.5]);
    // Far from zero on either side is worth a number.
    expect([...notableHeads([-0.9, 0.1, 0.8, NaN, 0], scale)]).toEqual([0, 2]);
  });

  it('prints the plus of a difference, but not of nothing', () => {
    const signed = (value: number, decimals: number) => formatScore(value, decimals, true);
    expect([
      signed(0.25, 2),
      signed(-0.25, 2),
      signed(1000, 0),
      signed(0, 2),
      signed(0.001, 2),
      signed(NaN, 2),
    ]).toEqual(['+0.25', '−0.25', '+1,000', '0.00', '0.00', '–']);
  });

  it('has more decimals where the scale is short', () => {
    const decimals = [100, 10, 1, 0.1, 0.01].map((hi) => scoreDecimals({ kind: 'linear', lo: 0, hi }));
    expect(decimals).toEqual([0, 1, 2, 3, 4]);
  });

  it('has no negative zero and a dash for nothing', () => {
    expect([formatScore(-0.001, 2), formatScore(-1.5, 1), formatScore(undefined, 2), formatScore(NaN, 2)]).toEqual([
      '0.00',
      '−1.5',
      '–',
      '–',
    ]);
  });
});
