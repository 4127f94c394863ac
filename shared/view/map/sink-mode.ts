/**
 * What becomes of the keys that heads rest on: one choice for the colours of maps, for scores and for figures. Pure.
 *
 * `show`: they are keys like all others. `gutter`: they also stand beside the map, one strip each. `exclude`: they are
 * left out of the map's colours. `renormalise`: and what is left of each row is made to sum to 1. Where they are left
 * out, scores that have a twin without sinks give way to it.
 */
export const SINK_MODES = ['show', 'gutter', 'exclude', 'renormalise'] as const;
export type SinkMode = (typeof SINK_MODES)[number];

/** Rows with less than this outside the keys that are taken out are not rescaled: what is left is rounding. */
export const LEAST_MASS_LEFT = 1e-3;

/** Whether sinks are left out of what is seen. */
export function leavesOutSinks(mode: SinkMode): boolean {
  return mode === 'exclude' || mode === 'renormalise';
}

/** Scores and their twins that leave the sinks out and rescale what is left of each row. */
const SINK_FREE: Readonly<Record<string, string>> = {
  distance: 'distance-sink-free',
  entropy: 'entropy-sink-free',
  'local-32': 'local-32-sink-free',
};

/** The key of the score that stands in for one, of any origin; the score's own where there is no other. */
export function scoreUnder(mode: SinkMode, key: string): string {
  const at = key.lastIndexOf(':') + 1;
  const twin = leavesOutSinks(mode) ? SINK_FREE[key.slice(at)] : undefined;
  return twin === undefined ? key : `${key.slice(0, at)}${twin}`;
}

/** `without key 0, rows rescaled`; empty where nothing is left out. `keys`: how many from the first on. */
export function sinkModeText(mode: SinkMode, keys: number): string {
  if (!leavesOutSinks(mode) || keys === 0) return '';
  const without = keys === 1 ? 'without key 0' : `without keys 0 to ${keys - 1}`;
  return mode === 'renormalise' ? `${without}, rows rescaled` : without;
}
