/** Loads the C++ attention addon where it was built. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What the addon offers; see native/addon/src/addon.cc. Arrays must stay as they are until the promise settles. */
export interface AttentionAddon {
  /** Instruction sets that this processor and this build have, the best first. */
  implementations(): string[];
  /** False when it was cancelled. Throws `TypeError` for arguments that do not fit. */
  attend(call: AddonCall): Promise<boolean>;
  /** Texels of a rectangle; see `TexelRequest`. False when it was cancelled. */
  tile(call: AddonTileCall): Promise<boolean>;
  /** Rows in float64; see `RowRequest`, and row-kernel.ts for the numbers. Throws `TypeError` for what does not fit. */
  rows(
    numbers: Float64Array,
    q: Float32Array,
    k: Float32Array,
    packed: Float32Array,
    keys: Int32Array,
    out: Float64Array,
  ): void;
  /** See `RowKernel`; `numbers`: implementation, threads, width. */
  nearest(
    numbers: Float64Array,
    points: Float64Array,
    centres: Float64Array,
    halves: Float64Array,
    labels: Int32Array,
  ): void;
  /** See `RowKernel`; `numbers`: threads, width, count. */
  largest(numbers: Float64Array, values: Float64Array, out: Int32Array): void;
  /** Frees what a buffer holds at once, instead of when garbage is collected; it is of length 0 afterwards. */
  release(buffer: ArrayBuffer): void;
}

/** One head's map: arrays of all heads, and the LSE of its own rows. */
export interface AddonMap {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly lse: Float32Array;
  readonly head: number;
  readonly scale: number;
  /** 0 = none. */
  readonly softcap: number;
  readonly window: number;
}

export interface AddonTileCall {
  readonly implementation: string;
  readonly threads: number;
  readonly tokens: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly skipKeys: number;
  readonly level: number;
  /** Index into `TILE_VALUES`. */
  readonly value: number;
  /** Max, sum, min. */
  readonly reducer: number;
  readonly map: AddonMap;
  readonly minus: AddonMap | null;
  /** Of a row of `values` and `counts`. */
  readonly columns: number;
  readonly values: Float32Array;
  readonly counts: Float32Array;
  readonly cancel: Int32Array;
}

/** `first`, `second`: sink and window, or the first kept position, or the size of a block. See `HeadMask` in kernel.h. */
export interface AddonMask {
  readonly kind: number;
  readonly first: number;
  readonly second: number;
  readonly keys?: Int32Array;
  readonly offsets?: Int32Array;
  readonly blocks?: Uint8Array;
}

export interface AddonCall {
  readonly implementation: string;
  readonly tokens: number;
  readonly queryStart: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  /** 0 = none. */
  readonly softcap: number;
  readonly window: number;
  readonly threads: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly gain: Float32Array;
  readonly masks: readonly AddonMask[] | null;
  readonly counted: Uint8Array | null;
  /** Null = not wanted. */
  readonly z: Float32Array | null;
  readonly lse: Float32Array;
  /** Null = no statistics at all; the other arrays are then not looked at. */
  readonly entropy: Float32Array | null;
  readonly [statistic: string]: unknown;
  /** [1]; set to 1 to stop. */
  readonly cancel: Int32Array;
  /** [1]; score cells done so far. */
  readonly cells: BigInt64Array;
}

/** `path`: of attention.node; '' or a path where nothing lies gives the reason why there is none. */
export function loadAddon(
  path: string,
): { readonly addon: AttentionAddon } | { readonly addon: null; readonly reason: string } {
  if (path === '' || !existsSync(path)) return { addon: null, reason: 'it was not built on this machine' };
  try {
    return { addon: createRequire(import.meta.url)(path) as AttentionAddon };
  } catch (error) {
    return { addon: null, reason: `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}` };
  }
}
