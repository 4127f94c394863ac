/** Marginals, rows, columns and cells of one head. */
import type { CellReading, HeadProfile, TokenAttention } from '../../shared/contract/methods.ts';
import { DISTANCE_BINS, distanceBin } from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import { isEdited, type ScoreReader } from './score-blocks.ts';

/** Of one head. */
export interface MapPlace {
  readonly layer: number;
  readonly head: number;
}

/** All from the statistics of the run; only the column of key 0 is recomputed. */
export async function headProfile(
  reader: ScoreReader,
  capture: Capture,
  { layer, head }: MapPlace,
  breathe: () => Promise<void>,
): Promise<HeadProfile> {
  const { tokens } = capture;
  const { entropy, rowMax, rowArgmax, columnSum, distance } = capture.layers[layer]!;
  const rows = (all: Float32Array) => all.slice(head * tokens, (head + 1) * tokens);
  const firstToken = new Float32Array(tokens);
  for (let row = 0; row < tokens; row++) {
    firstToken[row] = reader.probability(capture, layer, head, row, 0);
    await breathe();
  }
  const visibleRows = isEdited(capture, layer, head)
    ? await editedRowsThatSee(reader, capture, { layer, head }, breathe)
    : rowsThatSee(reader, layer, tokens);
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

async function editedRowsThatSee(
  reader: ScoreReader,
  capture: Capture,
  { layer, head }: MapPlace,
  breathe: () => Promise<void>,
): Promise<Uint32Array> {
  const counts = new Uint32Array(capture.tokens);
  for (let row = 0; row < capture.tokens; row++) {
    const { first } = reader.visibleKeys(layer, row);
    const visible = reader.visible(capture, layer, head, row);
    for (let i = 0; i < visible.length; i++) counts[first + i]! += visible[i]!;
    await breathe();
  }
  return counts;
}

export async function tokenAttention(
  reader: ScoreReader,
  capture: Capture,
  { layer, head }: MapPlace,
  index: number,
  breathe: () => Promise<void>,
): Promise<TokenAttention> {
  const { tokens, layers } = capture;
  const { first } = reader.visibleKeys(layer, index);
  const outgoing = new Float32Array(tokens);
  const rowLse = layers[layer]!.lse[head * tokens + index]!;
  reader.row(capture, layer, head, index).forEach((score, i) => {
    outgoing[first + i] = score === -Infinity ? 0 : Math.exp(score - rowLse);
  });
  const incoming = new Float32Array(tokens);
  for (let query = index; query < tokens; query++) {
    incoming[query] = reader.probability(capture, layer, head, query, index);
    await breathe();
  }
  return { outgoing, incoming };
}

export interface CellPlace extends MapPlace {
  readonly query: number;
  /** Within the query's window, and none of those that are skipped. */
  readonly key: number;
  /** The row is read as if it did not see its first keys. */
  readonly skipKeys: number;
}

/** Null for a key that an edit of the head hides. */
export function readCell(
  reader: ScoreReader,
  capture: Capture,
  { layer, head, query, key, skipKeys }: CellPlace,
): CellReading | null {
  const { first: start } = reader.visibleKeys(layer, query);
  const scores = reader.row(capture, layer, head, query).subarray(Math.max(0, skipKeys - start));
  const first = Math.max(start, skipKeys);
  const logit = scores[key - first]!;
  if (logit === -Infinity) return null;
  let [rank, visible] = [1, 0];
  // Relative to the cell's own weight, of which p is the inverse.
  let sum = 0;
  for (const score of scores) {
    if (score === -Infinity) continue;
    visible += 1;
    if (score > logit) rank += 1;
    sum += Math.exp(score - logit);
  }
  const probability = first > start ? 1 / sum : reader.probability(capture, layer, head, query, key);
  return { probability, logit, rank, visible };
}
