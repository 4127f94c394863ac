/** Rectangles of cells: queries `rowStart` to `rowEnd` - 1, keys `keyStart` to `keyEnd` - 1. Pure. */
import type { RegionReading } from '../../shared/contract/methods.ts';
import type { BrushRegion } from '../state/view-state.ts';
import { cellAtClamped, type CellAddress, type PointPx, type Viewport } from './viewport.ts';

export type MapRegion = BrushRegion;

/** The smallest one that holds both cells. */
export function regionOf(a: CellAddress, b: CellAddress): MapRegion {
  return {
    rowStart: Math.min(a.query, b.query),
    rowEnd: Math.max(a.query, b.query) + 1,
    keyStart: Math.min(a.key, b.key),
    keyEnd: Math.max(a.key, b.key) + 1,
  };
}

/** What a box between two points of the plot touches, cut at the edges of the map. */
export function regionBetween(viewport: Viewport, a: PointPx, b: PointPx, tokens: number): MapRegion {
  return regionOf(cellAtClamped(viewport, a, tokens), cellAtClamped(viewport, b, tokens));
}

export function isInMap({ rowEnd, keyEnd }: MapRegion, tokens: number): boolean {
  return rowEnd <= tokens && keyEnd <= tokens;
}

export interface RegionMass {
  /** Over all queries of the rectangle. */
  readonly total: number;
  /** Mean over the queries that can see any of the keys: the others could put nothing there. */
  readonly perQuery: number;
  readonly seeing: number;
  /** The query with the largest mass; undefined where none sees a key. */
  readonly top: { readonly query: number; readonly mass: number } | undefined;
  /** The key that gets the largest mass. */
  readonly topKey: { readonly key: number; readonly mass: number } | undefined;
}

export function massOf({ rowStart, rowEnd, keyStart }: MapRegion, { queryMass, keyMass }: RegionReading): RegionMass {
  // Keys are seen by their own query and all later ones, as far as the mask goes: without a first key no other.
  const seeing = Math.max(0, rowEnd - Math.max(rowStart, keyStart));
  const total = queryMass.reduce((sum, mass) => sum + mass, 0);
  const largest = (values: Float32Array) => values.reduce((best, mass, at) => (mass > values[best]! ? at : best), 0);
  const [row, column] = [largest(queryMass), largest(keyMass)];
  return {
    total,
    perQuery: seeing === 0 ? 0 : total / seeing,
    seeing,
    top: seeing === 0 ? undefined : { query: rowStart + row, mass: queryMass[row]! },
    topKey: seeing === 0 ? undefined : { key: keyStart + column, mass: keyMass[column]! },
  };
}
