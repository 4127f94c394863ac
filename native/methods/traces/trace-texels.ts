/** Texels of the map of one head under a method. Rows that are not under it are as in dense attention. */
import { CancelledError } from '../../../shared/base/app-error.ts';
import type { MethodTileValue } from '../../../shared/model/method-views.ts';
import type { TileReducer } from '../../../shared/tensor/tile.ts';
import { breather } from '../../forward/breathe.ts';
import { emptyGrid, type TexelArea, type TexelGrid } from '../../tiles/texels.ts';
import { firstVisible } from '../method.ts';
import { rowOf, type LayerStates, type MethodTrace } from '../trace-store.ts';
import { rowBytes } from './head-reads.ts';
import type { HeadSums } from './head-sums.ts';
import type { TraceScores } from './trace-scores.ts';

export interface TraceMap {
  readonly trace: MethodTrace;
  readonly layer: number;
  readonly head: number;
  readonly value: MethodTileValue;
  /** Keys before this count as not visible. */
  readonly skipKeys: number;
  readonly reducer: Exclude<TileReducer, 'mean'>;
  /** Null where no probabilities are asked for: which keys are read needs none. */
  readonly scored: { readonly states: LayerStates; readonly sums: HeadSums } | null;
}

/** Of differences `max` keeps the one of largest magnitude. Throws `CancelledError`. */
export async function traceTexels(
  scores: TraceScores,
  map: TraceMap,
  area: TexelArea,
  signal: AbortSignal,
): Promise<TexelGrid> {
  const { trace, scored } = map;
  const grid = emptyGrid(area);
  const row = new RowOfCells(map, area, grid.columns, grid.counts);
  const breathe = breather({ signal });
  const { firstRow, rows } = trace;
  const cuts = [area.rowStart, firstRow, firstRow + rows, area.rowEnd].map((cut) =>
    Math.min(area.rowEnd, Math.max(area.rowStart, cut)),
  );
  for (const [at, rowStart] of cuts.slice(0, -1).entries()) {
    const rowEnd = cuts[at + 1]!;
    const isUnder = at === 1;
    if (rowStart === rowEnd) continue;
    if (scored !== null && needsScores(map.value, isUnder)) {
      const region = { head: map.head, rowStart, rowEnd, keyStart: area.keyStart, keyEnd: area.keyEnd };
      await scores.eachRow(scored.states, region, signal, (query, products) => row.add(query, products));
    } else {
      for (let query = rowStart; query < rowEnd; query++) {
        row.add(query, null);
        await breathe();
      }
    }
  }
  if (signal.aborted) throw new CancelledError();
  grid.counts.forEach((count, texel) => {
    if (count > 0) grid.values[texel] = row.totals[texel]!;
  });
  return grid;
}

/** Whether it is not the same for all cells of a row that are read, or not read. */
function needsScores(value: MethodTileValue, isUnder: boolean): boolean {
  return value === 'probability' || (value !== 'kept' && isUnder);
}

/** Adds the cells of rows to the texels that they are in, row by row. */
class RowOfCells {
  /** Of texels that have cells, [texels]. */
  readonly totals: Float64Array;
  readonly #map: TraceMap;
  readonly #area: TexelArea;
  readonly #columns: number;
  /** Cells of each texel. */
  readonly #counts: Float32Array;
  readonly #cells: Float64Array;
  readonly #bits: Uint8Array;
  readonly #window: number | null;

  constructor(map: TraceMap, area: TexelArea, columns: number, counts: Float32Array) {
    this.totals = new Float64Array(counts.length);
    this.#map = map;
    this.#area = area;
    this.#columns = columns;
    this.#counts = counts;
    this.#cells = new Float64Array(Math.max(0, area.keyEnd - area.keyStart));
    this.#bits = new Uint8Array(rowBytes(map.trace.tokens));
    this.#window = map.trace.windows[map.layer]!;
  }

  add(query: number, products: Float32Array | null): void {
    const { keyStart, keyEnd } = this.#area;
    const first = Math.max(firstVisible({ window: this.#window }, query), keyStart, this.#map.skipKeys);
    const last = Math.min(query, keyEnd - 1);
    if (first > last) return;
    const row = rowOf(this.#map.trace, query);
    if (row < 0) this.#dense(query, products, first, last);
    else this.#under(query, row, products, first, last);
    this.#reduce(query, first, last);
  }

  #dense(query: number, products: Float32Array | null, first: number, last: number): void {
    const { keyStart } = this.#area;
    const { value, scored } = this.#map;
    if (products === null || scored === null) {
      this.#cells.fill(value === 'kept' ? 1 : 0, first - keyStart, last + 1 - keyStart);
      return;
    }
    const { scale } = scored.states;
    const lse = scored.sums.dense[query]!;
    for (let at = first - keyStart; at <= last - keyStart; at++) {
      this.#cells[at] = Math.exp(products[at]! * scale - lse);
    }
  }

  #under(query: number, row: number, products: Float32Array | null, first: number, last: number): void {
    const { keyStart } = this.#area;
    const { trace, layer, head, value, scored } = this.#map;
    const cells = this.#cells;
    const bits = trace.layers[layer]![head]!.bits(row, this.#bits);
    if (products === null || scored === null) {
      for (let key = first; key <= last; key++) cells[key - keyStart] = (bits[key >> 3]! >> (key & 7)) & 1;
      return;
    }
    const { scale } = scored.states;
    const dense = scored.sums.dense[query]!;
    const own = scored.sums.method[row]!;
    const showsOwn = value !== 'lost';
    const showsLost = value === 'lost' || value === 'difference';
    const sign = value === 'difference' ? -1 : 1;
    for (let key = first; key <= last; key++) {
      const at = key - keyStart;
      const score = products[at]! * scale;
      if (((bits[key >> 3]! >> (key & 7)) & 1) === 0) cells[at] = showsLost ? sign * Math.exp(score - dense) : 0;
      else if (!showsOwn) cells[at] = 0;
      else cells[at] = Math.exp(score - own) - (showsLost ? Math.exp(score - dense) : 0);
    }
  }

  #reduce(query: number, first: number, last: number): void {
    const { rowStart, keyStart, level } = this.#area;
    const { reducer, value } = this.#map;
    const values = this.totals;
    const counts = this.#counts;
    const cells = this.#cells;
    const texelRow = ((query - rowStart) >>> level) * this.#columns;
    const isSigned = value === 'difference';
    for (let at = first - keyStart; at <= last - keyStart; at++) {
      const texel = texelRow + (at >>> level);
      const cell = cells[at]!;
      const known = values[texel]!;
      if (counts[texel] === 0) values[texel] = cell;
      else if (reducer === 'sum') values[texel] = known + cell;
      else if (reducer === 'min') values[texel] = cell < known ? cell : known;
      else if (isSigned) values[texel] = Math.abs(cell) > Math.abs(known) ? cell : known;
      else values[texel] = cell > known ? cell : known;
      counts[texel]! += 1;
    }
  }
}
