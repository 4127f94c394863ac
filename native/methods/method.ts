/**
 * A sparse attention method: what it is, and which keys each query head reads. One file each.
 *
 * A layer is selected from its own arrays, of which nothing after the query at hand may be read: `begin` sees positions
 * before the end of the prompt, `step` those up to its query. What belongs to a whole run of the method, layer after
 * layer, lives in `shared`.
 */
import type { MethodInfo, MethodParameters, ResolvedMethod } from '../../shared/model/method.ts';
import type { FromBudget } from '../../shared/model/method-parameters.ts';
import type { MaskSpec, RowKeysMask } from '../attention/mask.ts';
import type { RowKernel } from '../attention/row-kernel.ts';
import type { PackedKeys } from './packed-keys.ts';

/** One layer after rotation, and what else methods declare. */
export interface LayerData {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly tokens: number;
  /** [tokens, heads x headDim]. */
  readonly q: Float32Array;
  /** [tokens, kvHeads x headDim]. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** Factor on q.k. */
  readonly scale: number;
  /** Keys that a query sees, itself included; null = all before it. */
  readonly window: number | null;
  /** Computes rows as rows.ts does, where there is an addon. What it has seen of k stays as it is, or is to be forgotten. */
  readonly rows?: RowKernel | undefined;
  /** Keys in the order of `rows`, for all who look at the same ones. */
  readonly packed?: PackedKeys | undefined;
  /** Learned gates of the KV groups in [0, 1], [kvHeads], where there are any. */
  readonly gates?: Float32Array;
  /** Scores of the query heads on random tokens that are repeated, [heads] each, where there are any. */
  readonly probe?: { readonly echo: Float32Array; readonly induction: Float32Array };
  /** Angle for each position of dimensions i and i + headDim / 2, [headDim / 2], where it is known. */
  readonly frequencies?: Float64Array;
}

/** What a whole run of a method has in common. */
export interface MethodContext {
  /** Of the model, also where fewer are at hand. */
  readonly layers: number;
  /** First query that attends under the method. */
  readonly promptLength: number;
  readonly parameters: MethodParameters;
  /** Keys; null for a method that takes none. */
  readonly budget: number | null;
  /** What one layer leaves for later ones; empty at first. */
  readonly shared: Map<string, unknown>;
  /** Awaited every few milliseconds; may throw to cancel. */
  readonly breathe: () => Promise<void>;
}

/** What one query attends to under a method that changes keys, values or outputs. */
export interface ChangedCache {
  /** [tokens, kvHeads x headDim] each, of which rows up to the query count. */
  readonly k: Float32Array;
  readonly v: Float32Array;
  /**
   * Positions whose keys or values are not what they were at the query before, or in the layer itself where there was
   * none: from the first up to before the last of each pair.
   */
  readonly renewed: readonly (readonly [start: number, end: number])[];
  /** By query head, one more key, where there is one; every query that has it reads it. */
  readonly extra?: readonly (ExtraKey | null)[];
}

export interface ExtraKey {
  /** [headDim] each. */
  readonly key: Float64Array;
  readonly value: Float64Array;
  /** Keys that it stands for: the weight of its exponential. */
  readonly count: number;
}

export interface LayerSelector {
  /** Prompt keys that a query head can still read after the prompt, ascending. */
  held(head: number): Int32Array;
  /**
   * What each query head reads at this query, ascending, of the positions up to it; heads that share a choice share the
   * array. Called for promptLength, promptLength + 1, ... in order.
   */
  step(query: number): Promise<readonly Int32Array[]>;
  /**
   * Of a method that changes keys, values or outputs: what a query attends to. Asked for in order, after the query's step,
   * and at last for the position after the last token: what the cache has become. The next call may overwrite it.
   */
  changed?(query: number): Promise<ChangedCache>;
  /** Of a stepwise method: another selector in the same state, which goes on by itself. */
  fork?(): LayerSelector;
}

/**
 * What a query head sees of the rows of a prompt. Lists of all rows would grow with the square of the prompt: what is no mask
 * of a few numbers gives the keys of a row when they are asked for.
 */
export type PromptMask = Exclude<MaskSpec, RowKeysMask> | RowRule;

export interface RowRule {
  readonly kind: 'rule';
  /** Keys of the query at a position, ascending, up to its own. Fastest for one query after the other. */
  readonly keysAt: (query: number) => Int32Array;
}

/** Sizes that costs follow from. */
export interface CostSizes {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly promptLength: number;
  /** Keys before and at the query of the step. */
  readonly tokens: number;
  /** Mean over query heads and layers, at that step. */
  readonly read: number;
  /** Keys; null for a method that takes none. */
  readonly budget: number | null;
  /** Bytes of a number in the cache. */
  readonly bytes: number;
}

/** Work of choosing, over all layers. Attention itself is 4 x headDim operations a key and head on top. */
export interface MethodCosts {
  readonly stepFlops: number;
  /** Read at each step to choose, beside the chosen keys and values; none where absent. */
  readonly stepBytes?: number;
  readonly storedBytes: number;
  readonly onceFlops: number;
  /** Mean bytes of a number in the cache, scales and zeros included, where these are fewer than those of all numbers. */
  readonly cacheBytes?: number;
}

export const FREE: MethodCosts = { stepFlops: 0, storedBytes: 0, onceFlops: 0 };

/** Layers by index, each read when it is asked for. */
export interface LayerSource {
  /** Indices in the model, ascending. */
  readonly indices: readonly number[];
  read(layer: number): Promise<LayerData>;
}

export interface Method {
  readonly info: MethodInfo;
  /** What it was given of the model, in sentences that results tell; see `withReadings`. */
  readonly given?: readonly string[];
  /** What a budget of so many keys makes of the parameters marked so, where these are not given. */
  readonly fromBudget?: FromBudget;
  /** Looks at the prompt of all layers before the first is selected. */
  readonly prepare?: (layers: LayerSource, context: MethodContext) => Promise<void>;
  /** Throws `bad-request` for parameters that cannot go together. */
  begin(data: LayerData, layer: number, context: MethodContext): Promise<LayerSelector>;
  /** Where it applies to the rows of the prompt: what each query head sees there. */
  readonly prefill?: (data: LayerData, layer: number, context: MethodContext) => Promise<readonly PromptMask[]>;
  /** Whether keys, values or outputs are changed under these parameters; where absent, whether `modifying` is its class. */
  readonly changes?: (parameters: MethodParameters) => boolean;
  costs(sizes: CostSizes, parameters: MethodParameters): MethodCosts;
  /** What explains the numbers of a run with these values, in sentences. */
  readonly tells?: (resolved: ResolvedMethod) => readonly string[];
}

/** The KV group of a query head. */
export function groupOf({ heads, kvHeads }: Pick<LayerData, 'heads' | 'kvHeads'>, head: number): number {
  return Math.floor(head / (heads / kvHeads));
}

/** First key that the layer's own window leaves to a query. */
export function firstVisible({ window }: Pick<LayerData, 'window'>, query: number): number {
  return window === null ? 0 : Math.max(0, query - window + 1);
}

/** The first positions alone. */
export function upTo(tokens: number, data: LayerData): LayerData {
  if (tokens === data.tokens) return data;
  const first = (rows: Float32Array) => rows.subarray(0, (rows.length / data.tokens) * tokens);
  return { ...data, tokens, q: first(data.q), k: first(data.k), v: first(data.v) };
}
