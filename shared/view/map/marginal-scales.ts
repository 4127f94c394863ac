/** Scales of the strips that share an axis with the map. */
import { LOG_FLOOR, type ValueScale } from '../../colour/value-scale.ts';

/** Attention on a sink is often near 1: linear, and always 0 to 1, so that heads compare. */
export const SINK_SCALE: ValueScale = { kind: 'linear', lo: 0, hi: 1 };
/** Means over rows span decades: a few keys take most. */
export const COLUMN_SCALE: ValueScale = { kind: 'log', lo: LOG_FLOOR, hi: 1 };

/** The largest entropy that any row can have, nats; at least one, so that a short prompt still has an axis. */
export function entropyTop(tokens: number): number {
  return Math.max(1, Math.log(Math.max(1, tokens)));
}
