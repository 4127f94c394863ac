// @vitest-environment node
import { expect, it } from 'vitest';
import type { KeptRows } from '../../shared/model/method-views.ts';
import { outlineEdges } from './paint-kept-outline.ts';

/** Queries 2 to 4: `x..`... one text a query. */
const TEXTS = ['x.x', 'x.xx', 'x..xx'];
const kept: KeptRows = {
  firstRow: 2,
  rows: 3,
  tokens: 5,
  bits: Uint8Array.from(TEXTS, (text) =>
    Array.from(text).reduce((bits, one, key) => bits | (Number(one === 'x') << key), 0),
  ),
};
const whole = { query: 0, key: 0, rows: 5, keys: 5 };
const words = (view: typeof whole) =>
  outlineEdges(kept, view).map(({ isTop, query, key }) => `${isTop ? 'top' : 'left'} ${query} ${key}`);

it('lies between what is read and what is not, and under the dense rows', () => {
  expect(words(whole)).toEqual([
    'left 2 1',
    'top 2 1',
    'left 2 2',
    'left 3 1',
    'left 3 2',
    'left 4 1',
    'top 4 2',
    'left 4 3',
  ]);
});

it('is made of what is in view', () => {
  expect(words({ query: 3.5, key: 1.5, rows: 1.5, keys: 1 })).toEqual(['left 3 1', 'left 3 2', 'left 4 1', 'top 4 2']);
});
