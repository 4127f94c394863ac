// @vitest-environment node
import { expect, it } from 'vitest';
import { readEntries } from './read-entries.ts';

const model = { layers: 2, heads: 4, kvHeads: 2 };

it('reads a list, and says what the model does not have', () => {
  expect(readEntries('L0H1=zero\noff L1KV1=uniform', model).map(({ what }) => what)).toEqual(['zero', 'uniform']);
  expect(() => readEntries('L0H1=zero, L2H0', model)).toThrow('no L2H0');
  expect(() => readEntries('L0H1=nothing', model)).toThrow('nothing');
});
