/** Other prompts as interventions write them, by themselves: `needle*16/7`, `17 4 99;3 8`. */
import { AppError } from '../../shared/base/app-error.ts';
import { formatIntervention, parseIntervention } from '../../shared/model/intervention-text.ts';
import type { InterventionSource } from '../../shared/model/intervention.ts';

const BEFORE = 'L0=mean<-';

export function formatSourceText(source: InterventionSource | undefined): string {
  if (source === undefined) return '';
  return formatIntervention({ what: 'mean', where: { layer: 0 }, source }).slice(BEFORE.length);
}

/** Undefined for what names no prompts. */
export function readSourceText(text: string): InterventionSource | undefined {
  try {
    return parseIntervention(`${BEFORE}${text.replaceAll(/[,\n]/g, ' ')}`).source;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
