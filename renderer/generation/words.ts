/** What the panel says about a generation. */
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { numberParameter, type Intervention } from '../../shared/model/intervention.ts';
import { formatPlace } from '../../shared/model/place.ts';
import { formatCount, formatDuration, plural } from '../../shared/view/format.ts';
import type { GeneratedLine, GenerationSettings, LineKind } from '../state/generation-state.ts';

export const LINE_NAMES: Readonly<Record<LineKind, string>> = { clean: 'clean', changed: 'ablated' };

/** `with L2H3 zeroed`, `with L2H3 zeroed and L3H1 × 0.5`, `with 5 interventions`; empty without any. */
export function withInterventions(interventions: readonly Intervention[]): string {
  if (interventions.length === 0) return '';
  if (interventions.length > 2) return `with ${interventions.length} interventions`;
  return `with ${interventions.map(described).join(' and ')}`;
}

/** Each generated token has a final norm of its own; there is no clean run of the same text to take one from. */
export const NORM_IN_GENERATION = 'the final norm recomputed at every token';

function described(entry: Intervention): string {
  const place = formatPlace(entry.where);
  if (entry.what === 'zero') return `${place} zeroed`;
  if (entry.what === 'scale') return `${place} × ${numberParameter(entry, 'factor')}`;
  return `${place}: ${interventionKind(entry.what).name.toLowerCase()}`;
}

/** `greedy`, `sampled at temperature 0.8, top 40, top-p 0.9, seed 3`. */
export function howChosen({ choice, temperature, topK, topP, seed, stopAtEnd }: GenerationSettings): string {
  const past = stopAtEnd ? '' : ', past end tokens';
  if (choice === 'greedy') return `greedy${past}`;
  const cuts = [topK !== undefined && `top ${topK}`, topP !== undefined && `top-p ${topP}`].filter(Boolean);
  return `${[`sampled at temperature ${temperature}`, ...cuts, `seed ${seed}`].join(', ')}${past}`;
}

/** `32 tokens in 0.8 s, 40 tokens/s`. */
export function pace({ tokens, milliseconds }: GeneratedLine): string {
  const count = plural(tokens.length, 'token');
  if (milliseconds <= 0) return count;
  const rate = (1000 * tokens.length) / milliseconds;
  return `${count} in ${formatDuration(milliseconds)}, ${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} tokens/s`;
}

/** Why the line ended; empty while it grows. `context`: the longest sequence that the model takes. */
export function whyEnded({ end, tokens }: GeneratedLine, context: number | undefined): string {
  const limit = context === undefined ? 'context limit' : `context of ${formatCount(context)} tokens`;
  switch (end) {
    case undefined:
      return '';
    case 'length':
      return 'Ended at the maximum.';
    case 'end-token':
      return tokens.length === 0 ? 'The model ended the text at once.' : 'The model ended the text.';
    case 'stop-text':
      return 'Ended at a stop text.';
    case 'context':
      return tokens.length === 0
        ? `The prompt fills the ${limit}: there is no room for more.`
        : `Ended because the ${limit} is full.`;
    case 'cancelled':
      return 'Stopped by you.';
    case 'interrupted':
      return 'Broken off before its end.';
  }
}
