import { describe, expect, it } from 'vitest';
import type { HeadProfile } from '../../contract/methods.ts';
import { foundSinks, readSinkKeys, sinkKeysOf } from './sink-keys.ts';

function profile(means: Readonly<Record<number, number>>, tokens = 200): HeadProfile {
  const columnMean = new Float32Array(tokens).fill(0.001);
  for (const [key, mean] of Object.entries(means)) columnMean[Number(key)] = mean;
  return { columnMean } as HeadProfile;
}

describe('sink columns', () => {
  it('are found by their mean, at most four, without the last keys, which few rows see', () => {
    expect(foundSinks(profile({ 0: 0.6, 50: 0.31, 7: 0.29, 199: 0.9 }))).toEqual([0, 50]);
    expect(foundSinks(profile({ 1: 0.4, 2: 0.5, 3: 0.6, 4: 0.7, 5: 0.35 }))).toEqual([1, 2, 3, 4]);
    expect(foundSinks(undefined)).toEqual([]);
  });

  it('are key 0 by rule, and where nothing else is left', () => {
    expect(sinkKeysOf('first', [5], profile({}), 200)).toEqual([0]);
    expect(sinkKeysOf('found', [], profile({}), 200)).toEqual([0]);
    expect(sinkKeysOf('chosen', [5, 900], profile({}), 200)).toEqual([5]);
    expect(sinkKeysOf('chosen', [900], profile({}), 200)).toEqual([0]);
  });

  it('are read from text', () => {
    expect(readSinkKeys('13, 0 13')).toEqual([0, 13]);
    expect(readSinkKeys('')).toBeUndefined();
    expect(readSinkKeys('1,2,3,4,5')).toBeUndefined();
    expect(readSinkKeys('-1')).toBeUndefined();
  });
});
