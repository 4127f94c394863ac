// @vitest-environment node
import { expect, it } from 'vitest';
import { pinOf } from './use-lab-pointing.ts';

it('pins a cell as query and key, a row without a key, and a column at a query that sees it', () => {
  const nothing = { query: null, key: null };
  expect(pinOf({ query: 8, key: 3 }, nothing, 10)).toEqual({ query: 8, key: 3 });
  expect(pinOf({ query: 8, key: 9 }, nothing, 10)).toEqual({ query: 8, key: null });
  expect(pinOf({ query: 8, key: undefined }, { query: 8, key: 3 }, 10)).toEqual({ query: 8, key: null });
  expect(pinOf({ query: undefined, key: 5 }, { query: 8, key: 3 }, 10)).toEqual({ query: 8, key: 5 });
  expect(pinOf({ query: undefined, key: 9 }, { query: 8, key: 3 }, 10)).toEqual({ query: null, key: 9 });
});
