import type { KindEvidence } from '../../shared/model/head-kinds.ts';
import { formatNumber } from '../../shared/view/format.ts';

const SIDES: Readonly<Record<KindEvidence['side'], string>> = { over: '>', 'at-least': '≥', under: '<' };

/** `Induction 0.910 > 0.350, uniform 0.011 (Repeated random tokens, n 10)`; of the prompt on screen without the last. */
export function evidenceText(evidence: KindEvidence, name: string): string {
  const { value, side, threshold, floor, origin, prompts } = evidence;
  const uniform = floor === null ? '' : `, uniform ${formatNumber(floor)}`;
  const from = [origin, prompts === undefined ? undefined : `n ${prompts}`].filter((part) => part !== undefined);
  const source = from.length === 0 ? '' : ` (${from.join(', ')})`;
  return `${name} ${formatNumber(value)} ${SIDES[side]} ${formatNumber(threshold)}${uniform}${source}`;
}
