import { expect, it } from 'vitest';
import { makeLabRecord } from '../testing/lab-record.ts';
import { carriedOver } from './carried-over.ts';

const looked = {
  row: 2,
  maps: [
    { row: null, value: 'probability' },
    { row: 0, value: 'kept' },
    { row: 1, value: 'lost' },
  ] as const,
  query: 35,
  key: 4,
};

it('finds rows again by what they were asked with', () => {
  const before = makeLabRecord({ windows: [4, 6, 8] });
  const after = makeLabRecord({ windows: [8, 2, 4] });
  expect(carriedOver(looked, before, after)).toEqual({
    row: 0,
    maps: [
      { row: null, value: 'probability' },
      { row: 2, value: 'kept' },
    ],
    query: 35,
    key: 4,
  });
});

it('begins anew where the row is gone, and forgets positions of other tokens', () => {
  const before = makeLabRecord({ windows: [4, 6, 8] });
  const after = makeLabRecord({ windows: [5], tokens: 44 });
  expect(carriedOver(looked, before, after)).toEqual({
    row: 0,
    maps: [{ row: null, value: 'probability' }],
    query: null,
    key: null,
  });
});
