/**
 * What the pattern of a head looks like, from the statistics that a run keeps of every map. The mass on key 0 is a
 * feature of its own and is taken out of the others that tell of reach.
 */
import { DISTANCE_BINS, distanceBin, LOCAL_WIDTHS } from '../attention/statistics.ts';
import type { Capture, LayerCapture } from '../capture/capture.ts';
import type { Architecture } from '../families/family.ts';
import type { Feature } from './feature.ts';
import { diagonalSums, meanBlockMaximum, strongestShare } from './pooled-energies.ts';

export interface MapSource {
  readonly capture: Capture;
  readonly architecture: Pick<Architecture, 'layers' | 'heads' | 'slidingWindow'>;
  /** p(query, key), 0 where masked. */
  probability(layer: number, head: number, query: number, key: number): number;
  /** Nonzero = the token separates, as punctuation and line ends do, [tokens]. */
  readonly delimiters: Uint8Array;
}

/** Distances of 2 to 3 tokens, 4 to 7, ...; the last one holds all that are farther. Nearer ones are features too. */
const FIRST_BIN = 2;
const BINS = 8;
const NAMES = [
  'sink mass',
  'self',
  'previous',
  ...LOCAL_WIDTHS.slice(0, 2).map((width) => `local ${width}`),
  ...Array.from({ length: BINS }, (_, i) => `distance ${2 ** (FIRST_BIN + i - 1)}${i === BINS - 1 ? ' and over' : ''}`),
  'normalised entropy',
  'strongest columns',
  'strongest diagonals',
  'strongest blocks',
  'delimiters',
  'first occurrences',
  'layer',
];

/** `breathe` is awaited between heads and may throw to cancel. Needs two tokens. */
export async function mapFeatures(source: MapSource, breathe: () => Promise<void>): Promise<Feature[]> {
  const { capture, architecture } = source;
  const { layers, heads } = architecture;
  const features = NAMES.map((name) => ({ name, values: new Float64Array(layers * heads) }));
  const columns = { delimiter: source.delimiters, first: firstOccurrences(capture.ids) };
  for (let layer = 0; layer < layers; layer++) {
    const window = architecture.slidingWindow[layer] ?? capture.tokens;
    for (let head = 0; head < heads; head++) {
      const sink = await sinkColumn(source, layer, head, breathe);
      const row = headFeatures(capture.layers[layer]!, head, capture.tokens, window, sink, columns);
      [...row, layer / layers].forEach((value, at) => {
        features[at]!.values[layer * heads + head] = value;
      });
      await breathe();
    }
  }
  return features;
}

/** Mass on key 0 by row. */
async function sinkColumn(
  source: MapSource,
  layer: number,
  head: number,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  const column = new Float64Array(source.capture.tokens);
  for (let query = 0; query < column.length; query++) {
    column[query] = source.probability(layer, head, query, 0);
    if (query % 1024 === 1023) await breathe();
  }
  return column;
}

/** In the order of the names, without the layer. */
function headFeatures(
  layer: LayerCapture,
  head: number,
  tokens: number,
  window: number,
  sink: Float64Array,
  columns: { readonly delimiter: Uint8Array; readonly first: Uint8Array },
): number[] {
  const bins = Float64Array.from(layer.distance.subarray(head * DISTANCE_BINS, (head + 1) * DISTANCE_BINS));
  const [self, previous] = [bins[0]! / tokens, bins[1]! / (tokens - 1)];
  let sinkMass = 0;
  let entropy = 0;
  for (let row = 1; row < tokens; row++) {
    sinkMass += sink[row]!;
    bins[distanceBin(row)]! -= sink[row]!;
    const visible = Math.min(row + 1, window);
    if (visible > 1) entropy += layer.entropy[head * tokens + row]! / Math.log(visible);
  }
  const local = [0, 1].map((width) => {
    const at = (head * LOCAL_WIDTHS.length + width) * tokens;
    return meanOf(layer.localMass.subarray(at, at + tokens));
  });
  const byDistance = Array.from({ length: BINS }, (_, i) => {
    const first = FIRST_BIN + i;
    // Rounding can leave less than nothing of what was all on the sink.
    const mass = i === BINS - 1 ? bins.subarray(first).reduce((sum, value) => sum + value, 0) : bins[first]!;
    return Math.max(0, mass) / tokens;
  });
  const columnSum = layer.columnSum.subarray(head * tokens, (head + 1) * tokens);
  return [
    sinkMass / (tokens - 1),
    self,
    previous,
    ...local,
    ...byDistance,
    entropy / (tokens - 1),
    strongestShare(columnSum, tokens),
    strongestShare(diagonalSums(layer.poolSum, head, tokens), tokens),
    meanBlockMaximum(layer.poolMax, head, tokens),
    massOn(columns.delimiter, columnSum),
    massOn(columns.first, columnSum),
  ];
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean over rows of the mass on the marked keys past the first. */
function massOn(marked: Uint8Array, columnSum: Float64Array): number {
  let sum = 0;
  for (let key = 1; key < columnSum.length; key++) if (marked[key] !== 0) sum += columnSum[key]!;
  return sum / columnSum.length;
}

function firstOccurrences(ids: Int32Array): Uint8Array {
  const seen = new Set<number>();
  return Uint8Array.from(ids, (id) => {
    const isFirst = !seen.has(id);
    seen.add(id);
    return Number(isFirst);
  });
}
