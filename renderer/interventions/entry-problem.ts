/** What is wrong with an entry, in a sentence, and which entry a failure of the engine is about. Pure. */
import type { WireError } from '../../shared/base/app-error.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatIntervention } from '../../shared/model/intervention-text.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import { interventionsInForce, missingPart } from '../../shared/model/missing-part.ts';
import { formatPlace, placeExists } from '../../shared/model/place.ts';

interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
}

/** `tokens`: of the prompt on screen; undefined where there is none. Undefined where nothing is wrong. */
export function entryProblem(entry: Intervention, model: Shape, tokens: number | undefined): string | undefined {
  if (!placeExists(entry.where, model)) return `The model has no ${formatPlace(entry.where)}. ${placesRange(model)}`;
  const missing = missingPart(entry);
  const { name } = interventionKind(entry.what);
  if (missing === 'source') return `${name} takes over from another prompt: give one. Until then it has no effect.`;
  if (missing === 'keys') return `${name} is about keys: name some. Until then it has no effect.`;
  const first = entry.rows?.[0]?.start;
  if (first !== undefined && tokens !== undefined && first >= tokens) {
    return `The prompt has ${tokens} tokens; the rows begin at ${first}. It has no effect here.`;
  }
  return undefined;
}

/** `It has L0H0 to L5H7, KV groups to L5KV3.` */
export function placesRange({ layers, heads, kvHeads }: Shape): string {
  const groups = kvHeads === heads ? '' : `, KV groups to L${layers - 1}KV${kvHeads - 1}`;
  return `It has L0H0 to L${layers - 1}H${heads - 1}${groups}.`;
}

/**
 * Position in the list of the entry that a failed run complains about: told in its details as the position among those
 * that it was made with, else found by its text or its place. Undefined where it is about none in particular.
 */
export function failedEntry({ message, details }: WireError, list: readonly Intervention[]): number | undefined {
  const asked = interventionsInForce(list);
  const told = details?.['entry'];
  const position = (entry: Intervention | undefined) => (entry ? list.indexOf(entry) : undefined);
  if (typeof told === 'number') return position(asked[told]);
  const named = (name: (entry: Intervention) => string) =>
    asked.filter((entry) => new RegExp(`(?<![\\w.])${escaped(name(entry))}(?![\\w.])`).test(message));
  for (const name of [formatIntervention, ({ where }: Intervention) => formatPlace(where)]) {
    const found = named(name);
    if (found.length === 1) return position(found[0]);
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
