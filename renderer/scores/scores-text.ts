import type { ModelInfo } from '../../shared/model/model-info.ts';
import { formatCount } from '../../shared/view/format.ts';

/** `12 of 336 heads` */
export function scoreHeadsText(count: number, { layers, heads }: Pick<ModelInfo, 'layers' | 'heads'>): string {
  return `${formatCount(count)} of ${formatCount(layers * heads)} heads`;
}
