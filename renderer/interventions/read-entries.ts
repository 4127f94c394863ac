import { AppError } from '../../shared/base/app-error.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { parseInterventions } from '../../shared/model/intervention-text.ts';
import { formatPlace, placeExists } from '../../shared/model/place.ts';
import { placesRange } from './entry-problem.ts';

/** Entries as text, of a model of that shape. Throws `bad-request` with what cannot be read or is not there. */
export function readEntries(
  text: string,
  model: { readonly layers: number; readonly heads: number; readonly kvHeads: number },
): readonly Intervention[] {
  const entries = parseInterventions(text);
  const absent = entries.find(({ where }) => !placeExists(where, model));
  if (absent) {
    throw new AppError('bad-request', `The model has no ${formatPlace(absent.where)}.`, { hint: placesRange(model) });
  }
  return entries;
}
