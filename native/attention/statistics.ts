/** What the kernel can tell of a map without keeping it. */
import type { MaskSpec } from './mask.ts';

/** First keys whose mass is told apart from the rest. */
export const SINK_KEYS = 4;
/** Local mass is that on the keys at a distance under each of these. */
export const LOCAL_WIDTHS = [8, 32, 128] as const;
/** Distance 0, then 1, 2-3, 4-7, ... */
export const DISTANCE_BINS = 32;
/** Bin b of the histogram holds the cells with b <= -4 log2 p < b + 1; the last one all smaller ones too. */
export const HISTOGRAM_BINS = 128;
/** The pooled map has at most so many blocks a side. */
const POOL_SIDE = 256;

/** Gathered by default. Rows are those of the queries; sums over rows are over the counted ones. Float32 unless said. */
export interface AttentionStatistics {
  /** Nats, [heads, rows]. 0 for a row that sees nothing. */
  readonly entropy: Float32Array;
  /** Largest probability of the row, and its key (-1 for a row that sees nothing). */
  readonly rowMax: Float32Array;
  readonly rowArgmax: Int32Array;
  /** Sum over keys of p x (query - key), tokens, [heads, rows]. */
  readonly meanDistance: Float32Array;
  /** Mass on the first `SINK_KEYS` keys, [heads, rows]. */
  readonly sinkMass: Float32Array;
  /** Mass at distances under each of `LOCAL_WIDTHS`, [heads, widths, rows]. */
  readonly localMass: Float32Array;
  /** Sum over rows of p(row, key), [heads, tokens]. */
  readonly columnSum: Float64Array;
  /** Mass by distance, summed over rows, [heads, DISTANCE_BINS]. */
  readonly distance: Float64Array;
  /** Rows that see nothing, [heads]. */
  readonly maskedRows: Int32Array;
  /**
   * Largest p and sum of p in blocks of `poolBlock(tokens)` queries by as many keys: of each head the lower triangle row
   * by row, `poolSide(tokens)` rows. A block with no visible cell holds 0.
   */
  readonly poolMax: Float32Array;
  readonly poolSum: Float32Array;
}

/** Bin of a distance: 0 -> 0, then 1, 2-3, 4-7, ... */
export function distanceBin(distance: number): number {
  return distance === 0 ? 0 : 32 - Math.clz32(distance);
}

/** Side of a block of the pooled maps, tokens: a power of two, so that the blocks are the texels of the coarsest tile. */
export function poolBlock(tokens: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(tokens / POOL_SIDE)));
}

/** Blocks a side. */
export function poolSide(tokens: number): number {
  return Math.ceil(tokens / poolBlock(tokens));
}

/** Numbers in the lower triangle of one head's pooled map. */
export function poolCells(tokens: number): number {
  const side = poolSide(tokens);
  return (side * (side + 1)) / 2;
}

/** `rows`: the queries, where they are fewer than the keys. */
export function allocateStatistics(
  { heads }: { readonly heads: number },
  tokens: number,
  rows: number = tokens,
): AttentionStatistics {
  const all = heads * rows;
  return {
    entropy: new Float32Array(all),
    rowMax: new Float32Array(all),
    rowArgmax: new Int32Array(all),
    meanDistance: new Float32Array(all),
    sinkMass: new Float32Array(all),
    localMass: new Float32Array(all * LOCAL_WIDTHS.length),
    columnSum: new Float64Array(heads * tokens),
    distance: new Float64Array(heads * DISTANCE_BINS),
    maskedRows: new Int32Array(heads),
    poolMax: new Float32Array(heads * poolCells(tokens)),
    poolSum: new Float32Array(heads * poolCells(tokens)),
  };
}

const NO_FLOATS = new Float32Array(0);

/** Without columns and pool, which are empty then and not gathered: only the C++ addon can leave them out. */
export function allocateRowStatistics({ heads }: { readonly heads: number }, rows: number): AttentionStatistics {
  const perRow = () => new Float32Array(heads * rows);
  return {
    entropy: perRow(),
    rowMax: perRow(),
    rowArgmax: new Int32Array(heads * rows),
    meanDistance: perRow(),
    sinkMass: perRow(),
    localMass: new Float32Array(heads * rows * LOCAL_WIDTHS.length),
    columnSum: new Float64Array(0),
    distance: new Float64Array(heads * DISTANCE_BINS),
    maskedRows: new Int32Array(heads),
    poolMax: NO_FLOATS,
    poolSum: NO_FLOATS,
  };
}

/** Bytes of the default statistics of one layer. */
export function statisticsBytes(heads: number, tokens: number): number {
  const perRow = (5 + LOCAL_WIDTHS.length) * 4 + 8;
  return heads * (tokens * perRow + DISTANCE_BINS * 8 + 4 + poolCells(tokens) * 8);
}

/** Row r counts the keys with its own class: those that hold the same token, say. Classes are any numbers. */
export interface KeyMatch {
  /** [rows]. */
  readonly rows: Int32Array;
  /** [tokens]. */
  readonly keys: Int32Array;
  /** Whether the query's own position counts. */
  readonly self: boolean;
}

/** Statistics that cost a further look at every weight: gathered only where asked for. */
export interface ExtraRequest {
  readonly sumSquares?: boolean;
  /** The row statistics without these keys, ascending, renormalised. */
  readonly sinkFree?: Int32Array;
  readonly histogram?: boolean;
  /** How evenly each row spreads; the width is that of the largest weights which hold `topP` of the mass. */
  readonly spread?: { readonly topP: number };
  /** Mass on the keys of each row's class, one list after the other, the same for all heads. */
  readonly matches?: readonly KeyMatch[];
  /** Mass of each row on its own list of keys, the same for all heads. See `RowKeysMask`. */
  readonly targets?: { readonly offsets: Int32Array; readonly keys: Int32Array };
  /** Sum over keys of p x weight, e.g. of the norm of the value; [heads, tokens]. */
  readonly keyWeights?: Float32Array;
  /** Mass that would be kept under these masks, one a head. */
  readonly keptUnder?: readonly MaskSpec[];
}

/** Of what was asked for. [heads, rows] unless said. */
export interface ExtraStatistics {
  /** Sum over keys of p squared. */
  readonly sumSquares?: Float32Array;
  readonly sinkFree?: {
    /** Mass that is left. */
    readonly mass: Float32Array;
    /** 0 where nothing is left, as the two below. */
    readonly entropy: Float32Array;
    readonly meanDistance: Float32Array;
    /** [heads, widths, rows]. */
    readonly localMass: Float32Array;
  };
  /** Visible cells of the counted rows, [heads, HISTOGRAM_BINS]; those with p = 0 are in no bin. */
  readonly histogram?: Float64Array;
  /** From bins of p, sixteen an octave: the weights of one bin are taken for equal. */
  readonly spread?: {
    /** 0 = all visible keys alike, 1 = all on one of them: the coefficient over its largest value, 1 - 1 / keys. */
    readonly gini: Float32Array;
    /** Keys. */
    readonly topWidth: Float32Array;
  };
  readonly matchMass?: readonly Float32Array[];
  readonly targetMass?: Float32Array;
  readonly weightedMass?: Float32Array;
  readonly keptMass?: Float32Array;
}

/** Statistics on request, and the arrays that they go to. */
export interface Gathering {
  readonly request: ExtraRequest;
  readonly extra: ExtraStatistics;
}

export function allocateExtras(
  { heads }: { readonly heads: number },
  rows: number,
  request: ExtraRequest,
): ExtraStatistics {
  const perRow = () => new Float32Array(heads * rows);
  return {
    ...(request.sumSquares === true ? { sumSquares: perRow() } : {}),
    ...(request.sinkFree === undefined
      ? {}
      : {
          sinkFree: {
            mass: perRow(),
            entropy: perRow(),
            meanDistance: perRow(),
            localMass: new Float32Array(heads * rows * LOCAL_WIDTHS.length),
          },
        }),
    ...(request.histogram === true ? { histogram: new Float64Array(heads * HISTOGRAM_BINS) } : {}),
    ...(request.spread === undefined ? {} : { spread: { gini: perRow(), topWidth: perRow() } }),
    ...(request.matches === undefined ? {} : { matchMass: request.matches.map(perRow) }),
    ...(request.targets === undefined ? {} : { targetMass: perRow() }),
    ...(request.keyWeights === undefined ? {} : { weightedMass: perRow() }),
    ...(request.keptUnder === undefined ? {} : { keptMass: perRow() }),
  };
}
