/** What methods read, made up: the first keys and some of the last ones, more of these for later heads. */
import type { ParamsOf, Tile } from '../../contract/methods.ts';
import type { KeptRows, StoredTrace } from '../../model/method-views.ts';
import { TILE_SIZE } from '../../tensor/tile.ts';

export interface FakeExtent {
  readonly tokens: number;
  readonly firstRow: number;
  readonly rows: number;
}

const isRead = (layer: number, head: number, query: number, key: number): boolean =>
  key <= query && (key < 2 || query - key < 3 + layer + head);

export function fakeRows(
  { tokens, firstRow, rows }: FakeExtent,
  { layer, head }: Pick<ParamsOf<'method.rows'>, 'layer' | 'head'>,
): KeptRows {
  const width = Math.ceil(tokens / 8);
  const bits = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let key = 0; key <= firstRow + row; key++) {
      if (isRead(layer, head, firstRow + row, key)) bits[row * width + (key >> 3)]! |= 1 << (key & 7);
    }
  }
  return { tokens, firstRow, rows, bits };
}

export function fakeStored(
  extent: FakeExtent,
  { layers, heads }: { readonly layers: number; readonly heads: number },
): StoredTrace {
  const each = extent.rows * Math.ceil(extent.tokens / 8);
  const bits = new Uint8Array(layers * heads * each);
  for (let at = 0; at < layers * heads; at++) {
    bits.set(fakeRows(extent, { layer: Math.floor(at / heads), head: at % heads }).bits, at * each);
  }
  return { ...extent, layers, heads, windows: new Int32Array(layers), changes: false, propagated: true, bits };
}

/** Cells as they are: maps of tests have no coarser levels. */
export function fakeMethodTile(
  { tokens, firstRow }: FakeExtent,
  { layer, head, tileRow, tileColumn, value }: ParamsOf<'method.tile'>,
): Tile {
  const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
  let [min, max] = [NaN, NaN];
  for (let row = 0; row < TILE_SIZE; row++) {
    for (let column = 0; column < TILE_SIZE; column++) {
      const [query, key] = [tileRow * TILE_SIZE + row, tileColumn * TILE_SIZE + column];
      if (query >= tokens || key > query) continue;
      const read = query < firstRow || isRead(layer, head, query, key);
      const dense = 1 / (query + 1);
      const own = read ? 1.5 * dense : 0;
      const cell = { probability: own, difference: own - dense, lost: read ? 0 : dense, kept: Number(read) }[value];
      values[row * TILE_SIZE + column] = cell;
      if (!(min <= cell)) min = cell;
      if (!(max >= cell)) max = cell;
    }
  }
  return { values, min, max };
}
