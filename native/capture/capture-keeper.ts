/** Where the arrays of a run go while it is computed: memory, disk, or nowhere. */
import type { ArrayLoan } from './array-store.ts';
import type { Capture, LayerCapture } from './capture.ts';
import type { SpillFile } from './spill-file.ts';
import { unwrittenFloats } from './unwritten.ts';

const TENSORS = ['q', 'k', 'v', 'z', 'rawQ', 'rawK', 'rawV'] as const;

export interface CaptureKeeper {
  /** Whether arrays that were handed over may be written to again. */
  readonly reuses: boolean;
  /** An array to compute into, which holds anything until it is written. */
  readonly floats: (length: number) => Float32Array;
  /** The layer as the capture holds it from now on. */
  layer(layer: LayerCapture): Promise<LayerCapture>;
  /** Puts a residual into the list. */
  resid(list: Float32Array[], values: Float32Array, isLast: boolean): Promise<void>;
}

export const IN_MEMORY: CaptureKeeper = {
  reuses: false,
  floats: unwrittenFloats,
  layer: (layer) => Promise.resolve(layer),
  resid: (list, values) => {
    list.push(values);
    return Promise.resolve();
  },
};

/** In memory, in arrays that go back to be used again. */
export function inLoan({ floats }: ArrayLoan): CaptureKeeper {
  return { ...IN_MEMORY, floats };
}

const NONE = new Float32Array(0);

/** Keeps LSE, statistics and the last residual; the other arrays are empty. Needs no more memory than one layer does. */
export const STATISTICS_ONLY: CaptureKeeper = {
  reuses: true,
  floats: unwrittenFloats,
  layer: (layer) => {
    const kept = { ...layer };
    for (const name of TENSORS) if (name in kept) kept[name] = NONE;
    return Promise.resolve(kept);
  },
  resid: (list, values, isLast) => {
    list.push(isLast ? values : NONE);
    return Promise.resolve();
  },
};

/** Q, K, V, z and residuals go to the file and are read back when they are looked at. */
export function onDisk(file: SpillFile, signal?: AbortSignal): CaptureKeeper {
  return {
    reuses: true,
    floats: unwrittenFloats,
    layer: async (layer) => {
      const kept = { ...layer };
      for (const name of TENSORS) {
        const values = layer[name];
        if (values === undefined) continue;
        const read = await file.put(values, signal);
        Object.defineProperty(kept, name, { get: read, enumerable: true });
      }
      return kept;
    },
    resid: async (list, values) => {
      const read = await file.put(values, signal);
      Object.defineProperty(list, list.length, { get: read, enumerable: true, configurable: true });
    },
  };
}

/** The first residuals of a capture, without reading those that lie on disk. */
export function firstResiduals({ resid }: Capture, count: number): Float32Array[] {
  const list: Float32Array[] = [];
  for (let at = 0; at < count; at++) Object.defineProperty(list, at, Object.getOwnPropertyDescriptor(resid, at)!);
  return list;
}
