// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { HeadProfile } from '../../shared/model/run.ts';
import { topKeys, topQueries } from './top-tokens.ts';

const profile = (change: Partial<HeadProfile>): HeadProfile => ({
  entropy: new Float32Array(),
  firstToken: new Float32Array(),
  rowMax: new Float32Array(),
  rowArgmax: new Int32Array(),
  columnMean: new Float32Array(),
  distance: new Float32Array(),
  ...change,
});

describe('topKeys', () => {
  it('are the largest column means, the first of equal ones first, without the last keys', () => {
    const columnMean = Float32Array.of(0.5, 0.25, 0, 0.25, 0.125, 0.1, 0.1, 0.9);
    expect(topKeys(profile({ columnMean }), 3)).toEqual([
      { key: 0, mean: 0.5 },
      { key: 1, mean: 0.25 },
      { key: 3, mean: 0.25 },
    ]);
    expect(topKeys(profile({ columnMean }), 9).map(({ key }) => key)).not.toContain(7);
    expect(topKeys(profile({ columnMean }), 9).map(({ key }) => key)).not.toContain(2);
  });
});

describe('topQueries', () => {
  it('are rows that look at something else than a sink, never the first', () => {
    const rowMax = Float32Array.of(1, 0.75, 0.5, 0.875);
    const rowArgmax = Int32Array.of(0, 0, 1, 2);
    expect(topQueries(profile({ rowMax, rowArgmax }), [0], 9)).toEqual([
      { query: 3, key: 2, p: 0.875 },
      { query: 2, key: 1, p: 0.5 },
    ]);
    expect(topQueries(profile({ rowMax, rowArgmax }), [], 1)).toEqual([{ query: 3, key: 2, p: 0.875 }]);
    expect(topQueries(profile({ rowMax, rowArgmax }), [0, 1, 2], 9)).toEqual([]);
  });
});
