import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../model/testing/score-table.ts';
import { sortedByScore } from './head-order.ts';
import { formatScore, notableHeads, scoreScale } from './score-colours.ts';

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
    const notable = notableHeads(values, sortedByScore(values, 'descending'), { kind: 'linear', lo: 0, hi: 1 });
    expect([...notable]).toEqual([0, 5, 6]);
    expect(notableHeads([0.1, 0.1], [0, 1], { kind: 'linear', lo: 0, hi: 1 }).size).toBe(0);
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
