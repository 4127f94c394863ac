/** Scores that are measured without sinks as well: while sinks are left out, a score is shown by its twin. Pure. */
import { leavesOutSinks, type SinkMode } from '../map/sink-mode.ts';

/** By the id of the score that counts sinks. */
export const SINK_TWINS: ReadonlyMap<string, string> = new Map([
  ['entropy', 'entropy-sink-free'],
  ['distance', 'distance-sink-free'],
  ['local-32', 'local-32-sink-free'],
]);

/** Key of the score that stands in for one, of the same origin; its own where there is no other. */
export function scoreUnder(mode: SinkMode, key: string): string {
  const at = key.lastIndexOf(':') + 1;
  const twin = leavesOutSinks(mode) ? SINK_TWINS.get(key.slice(at)) : undefined;
  return twin === undefined ? key : `${key.slice(0, at)}${twin}`;
}

/** `Entropy without sinks`. */
export function nameWithoutSinks(name: string): string {
  return `${name} without sinks`;
}
