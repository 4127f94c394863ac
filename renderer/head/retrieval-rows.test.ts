// @vitest-environment node
import { expect, it } from 'vitest';
import { rasterRows } from './retrieval-rows.ts';

// Two layers of two heads, three needle tokens.
const hits = Float32Array.of(0, 0.25, 0, 0.5, 0, 0.25, 0, 1, 0, 0.25, 0, 0);

it('puts the head itself first, then the others with any hit, strongest first', () => {
  expect(rasterRows({ tokens: 3, hits }, { layer: 1, head: 0 }, 2, 24)).toEqual({
    rows: [
      { layer: 1, head: 0, shares: [0, 0, 0] },
      { layer: 1, head: 1, shares: [0.5, 1, 0] },
      { layer: 0, head: 1, shares: [0.25, 0.25, 0.25] },
    ],
    hitting: 2,
  });
});

it('shows no head twice and no more rows than there is room for', () => {
  const { rows, hitting } = rasterRows({ tokens: 3, hits }, { layer: 0, head: 1 }, 2, 2);
  expect(rows.map(({ layer, head }) => [layer, head])).toEqual([
    [0, 1],
    [1, 1],
  ]);
  expect(hitting).toBe(2);
});

it('has no rows where no prompt had a needle', () => {
  expect(rasterRows({ tokens: 0, hits: new Float32Array(0) }, { layer: 0, head: 1 }, 2, 24)).toEqual({
    rows: [],
    hitting: 0,
  });
});
