import { describe, expect, it } from 'vitest';
import { isInMap, massOf, regionBetween, regionOf } from './region.ts';

describe('regions', () => {
  it('hold both corners, whichever way they were drawn', () => {
    const region = { rowStart: 3, rowEnd: 8, keyStart: 1, keyEnd: 3 };
    expect(regionOf({ query: 3, key: 2 }, { query: 7, key: 1 })).toEqual(region);
    const view = { key: 1, query: 2, cellPx: 10 };
    expect(regionBetween(view, { x: 19, y: 10 }, { x: 0, y: 59.9 }, 100)).toEqual(region);
  });

  it('end at the edges of the map', () => {
    const view = { key: 0, query: 0, cellPx: 10 };
    expect(regionBetween(view, { x: -50, y: 20 }, { x: 30, y: 500 }, 6)).toEqual({
      rowStart: 2,
      rowEnd: 6,
      keyStart: 0,
      keyEnd: 4,
    });
    expect(isInMap({ rowStart: 2, rowEnd: 6, keyStart: 0, keyEnd: 4 }, 6)).toBe(true);
    expect(isInMap({ rowStart: 2, rowEnd: 6, keyStart: 0, keyEnd: 4 }, 5)).toBe(false);
  });

  it('have a mean over the queries that can see into them', () => {
    const region = { rowStart: 2, rowEnd: 6, keyStart: 4, keyEnd: 6 };
    const reading = {
      cells: 3,
      queryMass: Float32Array.of(0, 0, 0.25, 0.75),
      keyMass: Float32Array.of(0.375, 0.625),
      top: [],
    };
    expect(massOf(region, reading)).toEqual({
      total: 1,
      perQuery: 0.5,
      seeing: 2,
      top: { query: 5, mass: 0.75 },
      topKey: { key: 5, mass: 0.625 },
    });
    const future = { ...region, rowEnd: 4 };
    const nothing = { cells: 0, queryMass: new Float32Array(2), keyMass: new Float32Array(2), top: [] };
    expect(massOf(future, nothing)).toMatchObject({ perQuery: 0, seeing: 0, top: undefined });
  });
});
