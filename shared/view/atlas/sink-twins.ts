/** Scores that are measured without sinks as well: while sinks are left out, a score is shown by its twin. Pure. */
import type { ScoreGroup, ScoreInfo } from '../../model/score.ts';
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

/** Sinks are part of what these measure, or they read no attention of this run. */
const APART: readonly ScoreGroup[] = ['sinks', 'streaming', 'weights', 'imported'];
/** They leave sinks out in any mode. */
const WITHOUT_SINKS: ReadonlySet<string> = new Set([...SINK_TWINS.values(), 'outside-mass']);

/** Whether the choice to leave sinks out says nothing of a score as it is shown: sinks count in it all the same. */
export function keepsSinks(mode: SinkMode, { id, group }: Pick<ScoreInfo, 'id' | 'group'>): boolean {
  return leavesOutSinks(mode) && !APART.includes(group) && !WITHOUT_SINKS.has(id);
}

/** Why a score is marked as one with sinks. */
export const KEPT_SINKS_HINT =
  'Sinks count in this score although they are left out of maps: it is not measured without them';

/** `Entropy without sinks`. */
export function nameWithoutSinks(name: string): string {
  return `${name} without sinks`;
}
