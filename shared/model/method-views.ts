/** What is asked about the keys that a method read: of one head, one query, one key, or of all heads. */
import type { Generation } from './generation.ts';
import type { MethodParameters, ResolvedMethod } from './method.ts';
import type { TokenView } from './token-view.ts';

/**
 * What a cell of a map under a method holds: its probability there, that minus the dense one, the dense probability of
 * cells that are not read, or whether it is read. Rows that are not under the method are as in dense attention.
 */
export const METHOD_TILE_VALUES = ['probability', 'difference', 'lost', 'kept'] as const;
export type MethodTileValue = (typeof METHOD_TILE_VALUES)[number];

/** One row of one head; the arrays have length query + 1. No probability is NaN. */
export interface MethodRow {
  /** Keys that are read, ascending. */
  readonly keys: Int32Array;
  /** Of dense attention with the same q and k. */
  readonly dense: Float32Array;
  /**
   * Under the method; 0 where it does not read. Null of a method that changes keys, values or outputs: of it only what it
   * reads is kept.
   */
  readonly probabilities: Float32Array | null;
  readonly lostMass: number;
}

/** All rows of one head as bits, eight keys a byte, lowest bit first; rows begin on a byte. */
export interface KeptRows {
  /** First query, and how many. */
  readonly firstRow: number;
  readonly rows: number;
  readonly tokens: number;
  /** [rows, ceil(tokens / 8)]. */
  readonly bits: Uint8Array;
}

/** One query, over all heads. */
export interface MethodStep {
  /** Keys that are read, [layers x heads]. */
  readonly read: Float32Array;
  /** [layers x heads]. */
  readonly lostMass: Float32Array;
  /** Share of query heads that read the key, [query + 1]. */
  readonly readBy: Float32Array;
  /** Mean over heads of the dense probability of the key where it is not read, [query + 1]. */
  readonly lost: Float32Array;
}

/** One key at one query, by head; [layers x heads] each. */
export interface MethodKey {
  /** 1 where the query reads it. */
  readonly read: Uint8Array;
  /** Dense probability of the key at the query. */
  readonly wanted: Float32Array;
  /**
   * First query from which on it is never read again, at least the first one under the method; -1 where the last query
   * that sees it reads it.
   */
  readonly droppedAt: Int32Array;
  /** Dense probability of the key, summed over the queries under the method that do not read it. */
  readonly lost: Float32Array;
  /** Queries that see it and do not read it. */
  readonly missed: Int32Array;
}

/** Tokens that were generated under a method, and what was read for each of them. */
export interface MethodGeneration extends Generation {
  readonly method: string;
  readonly resolved: ResolvedMethod;
  readonly params: MethodParameters;
  /** First query under the method. */
  readonly promptLength: number;
  /** Prompt and generated tokens. */
  readonly views: readonly TokenView[];
  readonly ids: Int32Array;
  /** Names what was read, from promptLength on; the last token, which nothing was read for, is not there. */
  readonly trace: string | null;
  readonly notes: readonly string[];
}

/** What was read, in a form that files keep. */
export interface StoredTrace {
  readonly tokens: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly layers: number;
  readonly heads: number;
  /** Keys that a query of each layer sees, [layers]; 0 = all before it. */
  readonly windows: Int32Array;
  /** Whether the method changes keys, values or outputs: probabilities under it are then not known. */
  readonly changes: boolean;
  /** Whether q and k were what the method made of them (F2, F3): these are not stored, and a dense run has others. */
  readonly propagated: boolean;
  /** [layers, heads, rows, ceil(tokens / 8)] as of `KeptRows`. */
  readonly bits: Uint8Array;
}
