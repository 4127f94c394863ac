import type { AppState } from '../state/store.ts';

const FLOAT_BYTES = 4;

/** What Q, K and LSE of the runs on screen take in a file; undefined without runs. */
export function tensorBytes({ model, run }: AppState): number | undefined {
  const { info } = model;
  if (!info || !run.clean) return undefined;
  const { layers, heads, kvHeads, headDim } = info;
  const perToken = layers * ((heads + kvHeads) * headDim + heads) * FLOAT_BYTES;
  return perToken * (run.clean.tokens + (run.changed?.tokens ?? 0));
}
