/** What the results of path patching are called, wherever they are shown. */
import type { PathsRecord } from '../../model/effect-results.ts';
import { formatNumber } from '../format.ts';

export const PATH_INPUTS = [
  { id: 'q', name: 'into queries' },
  { id: 'k', name: 'into keys' },
  { id: 'v', name: 'into values' },
] as const;

/** `straight to the logits: 0.12 recovered` */
export function straightText({ direction, logits }: Pick<PathsRecord, 'direction' | 'logits'>): string {
  return direction === 'denoise'
    ? `straight to the logits: ${formatNumber(logits)} recovered`
    : `straight to the logits: ${formatNumber(1 - logits)} lost`;
}
