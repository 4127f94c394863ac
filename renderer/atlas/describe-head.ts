/** A head in words, for the line under the grid and for those who hear it. Pure. */
import { formatGroup, formatHead, groupOf, type HeadId } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { RunMiniatures } from '../engine/data-keys.ts';
import { formatProbability } from '../../shared/view/map/format-value.ts';
import { scoreOf } from '../../shared/view/atlas/head-order.ts';
import { largestWeights } from './map-readings.ts';
import { scoreText } from '../../shared/view/atlas/score-colours.ts';

export interface HeadFacts {
  readonly score: ScoreTable;
  readonly heads: number;
  readonly kvHeads: number;
  readonly decimals: number;
  readonly ranks: Uint32Array;
  readonly ablated: boolean;
  /** The values are differences. */
  readonly signed?: boolean;
}

/** `L2H5, L2KV2: 0.934 probability, rank 1 of 32, ablated` */
export function describeHead(head: HeadId, facts: HeadFacts): string {
  const { score, heads, kvHeads, decimals, ranks, ablated, signed } = facts;
  const group = kvHeads < heads ? `, ${formatGroup(head.layer, groupOf(head.head, heads, kvHeads))}` : '';
  const value = scoreOf(score, head, heads);
  const rank = ranks[head.layer * heads + head.head] ?? 0;
  const parts = [scoreText(value, decimals, score.info, signed)];
  if (rank > 0) parts.push(`rank ${rank} of ${ranks.length}`);
  if (ablated) parts.push('ablated');
  return `${formatHead(head)}${group}: ${parts.join(', ')}`;
}

/** `Largest p in this map 1.00, right of its first column 0.874` */
export function describeMap(head: HeadId, heads: number, miniatures: RunMiniatures | undefined): string {
  if (!miniatures) return 'The maps are not here yet.';
  const largest = largestWeights(miniatures, head.layer * heads + head.head);
  if (!largest) return 'No cell of this map is visible.';
  const later = largest.later === undefined ? '' : `, right of its first column ${formatProbability(largest.later)}`;
  return `Largest p in this map ${formatProbability(largest.all)}${later}`;
}
