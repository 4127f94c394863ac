/** Marginals, rows, columns and cells of one head. */
import type { CellReading, HeadProfile, TokenAttention } from '../../shared/contract/methods.ts';
import { DISTANCE_BINS, distanceBin } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import type { ScoreReader } from './score-blocks.ts';

/** All from the statistics of the run; only the column of key 0 is recomputed. */
export function headProfile(reader: ScoreReader, capture: Capture, layer: number, head: number): HeadProfile {
  const { tokens } = capture;
  const { entropy, rowMax, rowArgmax, columnSum, distance } = capture.layers[layer]!;
  const rows = (all: Float32Array) => all.slice(head * tokens, (head + 1) * tokens);
  const firstToken = Float32Array.from({ length: tokens }, (_, i) => reader.probability(capture, layer, head, i, 0));
  const visibleRows = rowsThatSee(reader, layer, tokens);
  const columnMean = Float32Array.from(visibleRows, (count, key) => columnSum[head * tokens + key]! / count);
  const bins = distanceBin(tokens - 1) + 1;
  const byDistance = distance.subarray(head * DISTANCE_BINS, head * DISTANCE_BINS + bins);
  return {
    entropy: rows(entropy),
    firstToken,
    rowMax: rows(rowMax),
    rowArgmax: rowArgmax.slice(head * tokens, (head + 1) * tokens),
    columnMean,
    distance: Float32Array.from(byDistance, (mass) => mass / tokens),
  };
}

/** How many queries see each key: all after it, up to the window. */
function rowsThatSee(reader: ScoreReader, layer: number, tokens: number): number[] {
  const counts = new Array<number>(tokens).fill(0);
  for (let row = 0; row < tokens; row++) {
    const { first } = reader.visibleKeys(layer, row);
    counts[first]! += 1;
    if (row + 1 < tokens) counts[row + 1]! -= 1;
  }
  // `counts` holds differences: +1 where a row starts to see, -1 after its last key.
  for (let key = 1; key < tokens; key++) counts[key]! += counts[key - 1]!;
  return counts;
}

export function tokenAttention(
  reader: ScoreReader,
  capture: Capture,
  layer: number,
  head: number,
  index: number,
): TokenAttention {
  const p = (query: number, key: number) => reader.probability(capture, layer, head, query, key);
  return {
    outgoing: Float32Array.from({ length: capture.tokens }, (_, key) => p(index, key)),
    incoming: Float32Array.from({ length: capture.tokens }, (_, query) => p(query, index)),
  };
}

export interface CellPlace {
  readonly layer: number;
  readonly head: number;
  readonly query: number;
  /** Visible, and none of those that are skipped. */
  readonly key: number;
  /** The row is read as if it did not see its first keys. */
  readonly skipKeys: number;
}

export function readCell(
  reader: ScoreReader,
  capture: Capture,
  { layer, head, query, key, skipKeys }: CellPlace,
): CellReading {
  const { first: start, last } = reader.visibleKeys(layer, query);
  const first = Math.max(start, skipKeys);
  const logit = reader.score(capture, layer, head, query, key);
  let rank = 1;
  // Relative to the cell's own weight, of which p is the inverse.
  let sum = 0;
  for (let other = first; other <= last; other++) {
    const score = other === key ? logit : reader.score(capture, layer, head, query, other);
    if (score > logit) rank += 1;
    sum += Math.exp(score - logit);
  }
  const probability = first > start ? 1 / sum : reader.probability(capture, layer, head, query, key);
  return { probability, logit, rank, visible: last - first + 1 };
}
