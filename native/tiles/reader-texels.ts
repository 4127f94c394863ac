/** Texels from score blocks, in JavaScript: where the addon was not built, and of maps that were edited. */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import { isEdited, type ScoreReader } from '../pattern/score-blocks.ts';
import { emptyGrid, lseOf, type MapOf, type TexelGrid, type TexelRequest, type Texels } from './texels.ts';

export function readerTexels(reader: ScoreReader): Texels {
  return (request, signal) =>
    request.minus === undefined
      ? reduceMap(reader, request, signal)
      : reduceDifference(reader, request, request.minus, signal);
}

/**
 * Every value is exp or identity of score + a row's offset, so max and min are reduced on the sum and only the texels
 * are exponentiated; sums exponentiate each cell.
 */
async function reduceMap(reader: ScoreReader, request: TexelRequest, signal: AbortSignal): Promise<TexelGrid> {
  const { map, level, value, reducer } = request;
  const grid = emptyGrid(request);
  const totals = new Float64Array(grid.values.length).fill(
    reducer === 'sum' ? 0 : reducer === 'max' ? -Infinity : Infinity,
  );
  const exponential = value === 'probability' || value === 'lift';
  const lse = lseOf(map);
  await eachRow(reader, map, request, signal, (row, scores) => {
    const visible = reader.visibleKeys(map.layer, row);
    const first = Math.max(visible.first, request.keyStart, request.skipKeys);
    const last = Math.min(visible.last, request.keyEnd - 1);
    const offset = rowOffset(value, lse[row]!, () => visibleCount(reader, map, row));
    const texelRow = ((row - request.rowStart) >>> level) * grid.columns;
    for (let key = first; key <= last; key++) {
      const score = scores[key - request.keyStart]!;
      // Hidden by an edit of the head.
      if (score === -Infinity) continue;
      const cell = score + offset;
      const texel = texelRow + ((key - request.keyStart) >>> level);
      grid.counts[texel]! += 1;
      if (reducer === 'sum') totals[texel]! += exponential ? Math.exp(cell) : cell;
      else if (reducer === 'max' ? cell > totals[texel]! : cell < totals[texel]!) totals[texel] = cell;
    }
  });
  grid.counts.forEach((count, texel) => {
    if (count === 0) return;
    grid.values[texel] = exponential && reducer !== 'sum' ? Math.exp(totals[texel]!) : totals[texel]!;
  });
  return grid;
}

/** A cell that one of the two cannot see counts as 0 there; one that neither sees is masked. */
async function reduceDifference(
  reader: ScoreReader,
  request: TexelRequest,
  minus: MapOf,
  signal: AbortSignal,
): Promise<TexelGrid> {
  const { map, level, reducer } = request;
  const grid = emptyGrid(request);
  const totals = new Float64Array(grid.values.length);
  const others: Float32Array[] = [];
  const [ownLse, otherLse] = [lseOf(map), lseOf(minus)];
  await eachRow(reader, minus, request, signal, (row, scores) => (others[row - request.rowStart] = scores.slice()));
  await eachRow(reader, map, request, signal, (row, scores) => {
    const [a, b] = [reader.visibleKeys(map.layer, row), reader.visibleKeys(minus.layer, row)];
    const [lseA, lseB] = [ownLse[row]!, otherLse[row]!];
    const other = others[row - request.rowStart]!;
    const texelRow = ((row - request.rowStart) >>> level) * grid.columns;
    const first = Math.max(Math.min(a.first, b.first), request.keyStart, request.skipKeys);
    for (let key = first; key <= Math.min(row, request.keyEnd - 1); key++) {
      const at = key - request.keyStart;
      const isHiddenA = key < a.first || scores[at] === -Infinity;
      const isHiddenB = key < b.first || other[at] === -Infinity;
      if (isHiddenA && isHiddenB) continue;
      const difference = (isHiddenA ? 0 : Math.exp(scores[at]! - lseA)) - (isHiddenB ? 0 : Math.exp(other[at]! - lseB));
      const texel = texelRow + (at >>> level);
      grid.counts[texel]! += 1;
      if (reducer === 'sum') totals[texel]! += difference;
      else if (Math.abs(difference) > Math.abs(totals[texel]!)) totals[texel] = difference;
    }
  });
  grid.counts.forEach((count, texel) => {
    if (count > 0) grid.values[texel] = totals[texel]!;
  });
  return grid;
}

/** `visit` gets the scores of the keys from keyStart on; those after the row itself mean nothing. */
async function eachRow(
  reader: ScoreReader,
  { capture, layer, head }: MapOf,
  { rowStart, rowEnd, keyStart, keyEnd: end }: TexelRequest,
  signal: AbortSignal,
  visit: (row: number, scores: Float32Array) => void,
): Promise<void> {
  // Keys after the last row are in every row's future.
  const keyEnd = Math.min(end, rowEnd);
  if (keyStart >= keyEnd) return;
  const width = keyEnd - keyStart;
  for await (const block of reader.blocks(capture, { layer, head, rowStart, rowEnd, keyStart, keyEnd })) {
    if (signal.aborted) throw new CancelledError();
    for (let row = block.rowStart; row < block.rowEnd; row++) {
      const at = (row - block.rowStart) * width;
      visit(row, block.scores.subarray(at, at + width));
    }
  }
}

function visibleCount(reader: ScoreReader, { capture, layer, head }: MapOf, row: number): number {
  const { first, last } = reader.visibleKeys(layer, row);
  if (!isEdited(capture, layer, head)) return last - first + 1;
  return reader.visible(capture, layer, head, row).reduce((a, b) => a + b, 0);
}

function rowOffset(value: TileValue, lse: number, visible: () => number): number {
  switch (value) {
    case 'logit':
      return 0;
    case 'probability':
    case 'logProbability':
      return -lse;
    case 'lift':
      return Math.log(visible()) - lse;
  }
}
