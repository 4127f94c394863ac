/** What scores read, made from attention maps that are written down: statistics and passes straight from definitions. */
import {
  DISTANCE_BINS,
  distanceBin,
  LOCAL_WIDTHS,
  SINK_KEYS,
  type AttentionStatistics,
} from '../attention/statistics.ts';
import type { Capture } from '../capture/capture.ts';
import type { LayerPass, PassRequest } from '../scores/layer-pass.ts';
import type { ScoreContext } from '../scores/score.ts';

/** p by query and key. */
export type AttentionMap = readonly (readonly number[])[];

export interface MapContextOptions {
  /** Of the heads of one layer. */
  readonly maps: readonly AttentionMap[];
  /** Default: all different. */
  readonly ids?: readonly number[];
  readonly kvHeads?: number;
  readonly bos?: boolean;
  readonly predicted?: number;
  /** Of each key, one number a head; default: 1 for all. W_O is 1. */
  readonly values?: readonly (readonly number[])[];
  readonly window?: number;
  readonly gathersExtras?: boolean;
}

/** Attention that is uniform over what each row sees. */
export function uniformMap(tokens: number, window: number = tokens): number[][] {
  return Array.from({ length: tokens }, (_, row) =>
    Array.from({ length: row + 1 }, (_key, key) => (row - key < window ? 1 / Math.min(window, row + 1) : 0)),
  );
}

export function mapContext(options: MapContextOptions): ScoreContext {
  const { maps, bos = false, predicted = -1, window = null, gathersExtras = true } = options;
  const heads = maps.length;
  const tokens = maps[0]!.length;
  const ids = Int32Array.from(options.ids ?? maps[0]!.map((_, index) => 1000 + index));
  const perRow = (value: (row: readonly number[], query: number, head: number) => number) =>
    Float64Array.from(maps.flatMap((map, head) => map.map((row, query) => value(row, query, head))));
  const mass = (row: readonly number[], counts: (key: number) => boolean) =>
    row.reduce((sum, p, key) => (counts(key) ? sum + p : sum), 0);
  const statistics: Partial<Record<keyof AttentionStatistics, Float64Array>> = {
    entropy: perRow(entropyOf),
    rowMax: perRow((row) => Math.max(...row)),
    meanDistance: perRow((row, query) => row.reduce((sum, p, key) => sum + p * (query - key), 0)),
    sinkMass: perRow((row) => mass(row, (key) => key < SINK_KEYS)),
    localMass: Float64Array.from(
      maps.flatMap((map) =>
        LOCAL_WIDTHS.flatMap((width) => map.map((row, query) => mass(row, (key) => query - key < width))),
      ),
    ),
    columnSum: Float64Array.from(
      maps.flatMap((map) =>
        Array.from({ length: tokens }, (_, key) => map.reduce((sum, row) => sum + (row[key] ?? 0), 0)),
      ),
    ),
    distance: new Float64Array(heads * DISTANCE_BINS),
  };
  maps.forEach((map, head) =>
    map.forEach((row, query) =>
      row.forEach((p, key) => {
        if (key <= query) statistics.distance![head * DISTANCE_BINS + distanceBin(query - key)]! += p;
      }),
    ),
  );
  const probability: ScoreContext['probability'] = (_layer, head, query, key) => maps[head]![query]?.[key] ?? 0;
  const valueOf = (head: number, key: number) => options.values?.[head]?.[key] ?? 1;
  return {
    capture: { tokens, ids, layers: [statistics] } as unknown as Capture,
    architecture: {
      layers: 1,
      heads,
      kvHeads: options.kvHeads ?? heads,
      headDim: 1,
      dModel: heads,
      scale: [1],
      slidingWindow: [window],
      rope: null,
    },
    bos,
    predicted,
    probability,
    stripe(layer, head, offset, start, end) {
      let sum = 0;
      for (let row = start; row < end; row++) sum += probability(layer, head, row, row - offset);
      return sum / (end - start);
    },
    // There is no vocabulary.
    attribution: () => Promise.resolve(new Float64Array(heads).fill(NaN)),
    passes: {
      gathersExtras,
      plan: (requests) => ({
        cells: 0,
        gather: () => Promise.resolve(null),
        prepare: () => Promise.resolve(),
        run: () => Promise.resolve(requests.map((request) => passOf(maps, window ?? tokens, valueOf, request))),
      }),
    },
  };
}

function entropyOf(row: readonly number[]): number {
  return row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

function passOf(
  maps: readonly AttentionMap[],
  window: number,
  valueOf: (head: number, key: number) => number,
  request: PassRequest,
): LayerPass {
  const perRow = (value: (row: readonly number[], query: number, head: number) => number) =>
    Float64Array.from(
      maps.flatMap((map, head) => map.map((row, query) => value(row, query, head))),
    ) as unknown as Float32Array;
  const left = (row: readonly number[]) => {
    const kept = row.map((p, key) => (request.sinkFree!.includes(key) ? 0 : p));
    const mass = kept.reduce((sum, p) => sum + p, 0);
    return { mass, row: kept.map((p) => (mass > 0 ? p / mass : 0)) };
  };
  const output = (row: readonly number[], head: number) => row.reduce((sum, p, key) => sum + p * valueOf(head, key), 0);
  const seen = (row: readonly number[], query: number) => row.slice(Math.max(0, query - window + 1), query + 1);
  const { sinkFree, spread, matches, column, streaming } = request;
  const kept = (row: readonly number[], query: number) => {
    const under = row.map((p, key) => (key < streaming!.sink || query - key < streaming!.window ? p : 0));
    const mass = under.reduce((sum, p) => sum + p, 0);
    return { mass, row: under.map((p) => p / mass) };
  };
  return {
    ...(request.sumSquares && { sumSquares: perRow((row) => row.reduce((sum, p) => sum + p * p, 0)) }),
    ...(sinkFree && {
      sinkFree: {
        mass: perRow((row) => left(row).mass),
        entropy: perRow((row) => entropyOf(left(row).row)),
        meanDistance: perRow((row, query) => left(row).row.reduce((sum, p, key) => sum + p * (query - key), 0)),
        localMass: Float64Array.from(
          maps.flatMap((map) =>
            LOCAL_WIDTHS.flatMap((width) =>
              map.map((row, query) => left(row).row.reduce((sum, p, key) => (query - key < width ? sum + p : sum), 0)),
            ),
          ),
        ) as unknown as Float32Array,
      },
    }),
    ...(spread && {
      spread: {
        gini: perRow((row, query) => exactGini(seen(row, query))),
        topWidth: perRow((row) => exactTopWidth(row, spread.topP ?? 1)),
      },
    }),
    ...(matches && {
      matches: Object.fromEntries(
        Object.entries(matches).map(([name, { rows, keys, self }]) => [
          name,
          perRow((row, query) =>
            row.reduce((sum, p, key) => (keys[key] === rows[query] && key < query + Number(self) ? sum + p : sum), 0),
          ),
        ]),
      ),
    }),
    ...(column !== undefined && { column: perRow((row) => row[column] ?? 0) }),
    ...(request.outputNorms && { outputNorms: perRow((row, _query, head) => Math.abs(output(row, head))) }),
    ...(request.valueWeighted && {
      valueNorms: perRow((_row, query, head) => Math.abs(valueOf(head, query))),
      valueWeighted: perRow((row, _query, head) =>
        row.reduce((sum, p, key) => sum + p * Math.abs(valueOf(head, key)), 0),
      ),
    }),
    ...(streaming && {
      streaming: {
        keptMass: perRow((row, query) => kept(row, query).mass),
        norms: perRow((row, _query, head) => Math.abs(output(row, head))),
        deviation: perRow((row, query, head) => Math.abs(output(row, head) - output(kept(row, query).row, head))),
      },
    }),
  };
}

/** Gini coefficient over its largest value, 1 - 1 / n. */
function exactGini(row: readonly number[]): number {
  const ascending = [...row].sort((a, b) => a - b);
  const n = ascending.length;
  if (n === 1) return 0;
  const total = ascending.reduce((sum, p) => sum + p, 0);
  const area = ascending.reduce((sum, p, rank) => sum + (2 * (rank + 1) - n - 1) * p, 0);
  return area / (n * total) / (1 - 1 / n);
}

function exactTopWidth(row: readonly number[], share: number): number {
  const descending = [...row].sort((a, b) => b - a);
  let covered = 0;
  let width = 0;
  while (covered < share - 1e-9 && width < descending.length) covered += descending[width++]!;
  return width;
}
