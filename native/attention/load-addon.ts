/** Loads the C++ attention addon where it was built. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What the addon offers; see native/addon/src/addon.cc. Arrays must stay as they are until the promise settles. */
export interface AttentionAddon {
  /** Instruction sets that this processor and this build have, the best first. */
  implementations(): string[];
  /** False when it was cancelled. Throws `TypeError` for arguments that do not fit. */
  attend(call: AddonCall): Promise<boolean>;
}

export interface AddonCall {
  readonly implementation: string;
  readonly tokens: number;
  readonly queryStart: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  readonly window: number;
  readonly threads: number;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly gain: Float32Array;
  readonly sinks: Int32Array | null;
  readonly windows: Int32Array | null;
  readonly z: Float32Array;
  readonly lse: Float32Array;
  readonly entropy: Float32Array;
  readonly rowMax: Float32Array;
  readonly rowArgmax: Int32Array;
  readonly columnSum: Float64Array;
  readonly meanDistance: Float32Array;
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
