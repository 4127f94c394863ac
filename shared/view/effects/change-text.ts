import type { Change } from '../../model/effect.ts';
import { formatIntervention } from '../../model/intervention-text.ts';

/** `zero`, `scale:0.5@3:7`: a change as interventions are written, without the place. */
export function changeText(change: Change): string {
  return formatIntervention({ ...change, where: { layer: 0 } }).replace(/^L0=/, '');
}
