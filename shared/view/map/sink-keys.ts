/** Which key columns stand beside the map as strips, and are left out of its colours. Pure. */
import type { HeadProfile } from '../../model/run.ts';

/** `found`: the keys with the largest mean attention. */
export const SINK_RULES = ['first', 'found', 'chosen'] as const;
export type SinkRule = (typeof SINK_RULES)[number];

export const MOST_SINK_KEYS = 4;
/** Mean attention on a key from which on it counts as a sink. */
const SINK_MEAN = 0.3;

/**
 * The keys with the largest mean attention, ascending. The last keys are left out: few rows see them, and their own row
 * alone can make the mean large.
 */
export function foundSinks(profile: HeadProfile | undefined): readonly number[] {
  if (!profile) return [];
  const { columnMean } = profile;
  const fewestRows = Math.min(32, columnMean.length / 4);
  return Array.from(columnMean, (mean, key) => ({ mean, key }))
    .filter(({ mean, key }) => mean > SINK_MEAN && columnMean.length - key >= fewestRows)
    .sort((a, b) => b.mean - a.mean)
    .slice(0, MOST_SINK_KEYS)
    .map(({ key }) => key)
    .sort((a, b) => a - b);
}

/** The strips of a map. Key 0 where the rule finds nothing, so that the strip says that, too. */
export function sinkKeysOf(
  rule: SinkRule,
  chosen: readonly number[],
  profile: HeadProfile | undefined,
  tokens: number,
): readonly number[] {
  const keys = rule === 'found' ? foundSinks(profile) : rule === 'chosen' ? chosen : [0];
  const inside = keys.filter((key) => key < tokens).slice(0, MOST_SINK_KEYS);
  return inside.length === 0 ? [0] : inside;
}

/** `0, 13`, ascending and without repetition; undefined for anything else, or for more than fit. */
export function readSinkKeys(text: string): readonly number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  if (parts.length === 0 || parts.some((part) => !/^\d{1,7}$/.test(part))) return undefined;
  const keys = [...new Set(parts.map(Number))].sort((a, b) => a - b);
  return keys.length <= MOST_SINK_KEYS ? keys : undefined;
}
