/** One tile of the signed difference of two attention maps of the same tokens, reduced cell by cell. */
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { Tile } from '../../shared/contract/methods.ts';
import { TILE_SIZE, type TileKey } from '../../shared/tensor/tile.ts';
import type { Capture } from '../capture/capture.ts';
import type { ScoreReader } from '../pattern/score-blocks.ts';

export interface MapOf {
  readonly capture: Capture;
  readonly layer: number;
  readonly head: number;
}

/**
 * p(map) - p(minus). A cell that one of the two cannot see counts as 0 there; one that neither sees is masked. `max`
 * keeps the difference of largest magnitude with its sign, `mean` and `sum` are of the differences. Throws
 * `bad-request` for other values and reducers, and where the tokens differ.
 */
export async function computeDifferenceTile(
  reader: ScoreReader,
  map: MapOf,
  minus: MapOf,
  key: TileKey,
  signal: AbortSignal,
): Promise<Tile> {
  const { level, tileRow, tileColumn, value, reducer, skipKeys } = key;
  if (value !== 'probability' || reducer === 'min') {
    throw new AppError('bad-request', `There is no difference of ${value} reduced by ${reducer}.`, {
      hint: 'Subtract probabilities, and reduce by max (largest magnitude), mean or sum.',
    });
  }
  const { tokens } = map.capture;
  if (minus.capture.tokens !== tokens || minus.capture.ids.some((id, i) => id !== map.capture.ids[i])) {
    throw new AppError('bad-request', 'The two maps are of different tokens.', {
      hint: 'Subtract maps of the same prompt.',
    });
  }
  const span = TILE_SIZE * 2 ** level;
  const rowStart = tileRow * span;
  const rowEnd = Math.min(tokens, rowStart + span);
  const keyStart = tileColumn * span;
  const keyEnd = Math.min(tokens, keyStart + span, rowEnd);
  const values = new Float32Array(TILE_SIZE * TILE_SIZE).fill(NaN);
  if (rowStart >= tokens || keyStart >= keyEnd) return { values, min: NaN, max: NaN };

  const totals = new Float64Array(TILE_SIZE * TILE_SIZE);
  const counts = new Uint32Array(TILE_SIZE * TILE_SIZE);
  const width = keyEnd - keyStart;
  const region = { rowStart, rowEnd, keyStart, keyEnd };
  const others = reader.blocks(minus.capture, { ...region, layer: minus.layer, head: minus.head });
  for await (const block of reader.blocks(map.capture, { ...region, layer: map.layer, head: map.head })) {
    // Both are cut into the same blocks: the region decides.
    const next = await others.next();
    if (next.done === true) throw new Error('The two maps were cut into different blocks.');
    const other = next.value;
    if (signal.aborted) throw new CancelledError();
    for (let row = block.rowStart; row < block.rowEnd; row++) {
      const a = reader.visibleKeys(map.layer, row);
      const b = reader.visibleKeys(minus.layer, row);
      const lseA = map.capture.layers[map.layer]!.lse[map.head * tokens + row]!;
      const lseB = minus.capture.layers[minus.layer]!.lse[minus.head * tokens + row]!;
      const texelRow = Math.floor((row - rowStart) / 2 ** level) * TILE_SIZE;
      const at = (row - block.rowStart) * width - keyStart;
      for (
        let column = Math.max(Math.min(a.first, b.first), keyStart, skipKeys);
        column <= Math.min(row, keyEnd - 1);
        column++
      ) {
        const pA = column < a.first ? 0 : Math.exp(block.scores[at + column]! - lseA);
        const pB = column < b.first ? 0 : Math.exp(other.scores[at + column]! - lseB);
        const texel = texelRow + ((column - keyStart) >>> level);
        const difference = pA - pB;
        counts[texel]! += 1;
        if (reducer !== 'max') totals[texel]! += difference;
        else if (Math.abs(difference) > Math.abs(totals[texel]!)) totals[texel] = difference;
      }
    }
  }
  let min = Infinity;
  let max = -Infinity;
  for (let texel = 0; texel < totals.length; texel++) {
    if (counts[texel] === 0) continue;
    const result = Math.fround(reducer === 'mean' ? totals[texel]! / counts[texel]! : totals[texel]!);
    values[texel] = result;
    if (result < min) min = result;
    if (result > max) max = result;
  }
  return min > max ? { values, min: NaN, max: NaN } : { values, min, max };
}
