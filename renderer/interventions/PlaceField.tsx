import { useState } from 'react';
import { interventionKind, type InterventionKindId } from '../../shared/model/intervention-kinds/index.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { formatPlace, parsePlace, placeExists, placeKind, type Place } from '../../shared/model/place.ts';
import { placesRange } from './entry-problem.ts';
import { PLACE_NAMES, placesText } from './kind-words.ts';

interface PlaceFieldProps {
  readonly where: Place;
  readonly what: InterventionKindId;
  readonly model: ModelInfo;
  readonly onChange: (where: Place) => void;
}

/** Where an entry stands, typed: `L2H3`, `L2KV1` or `L2`. What is no place of the model, or of the kind, says why. */
export function PlaceField({ where, what, model, onChange }: PlaceFieldProps) {
  const [draft, setDraft] = useState<string>();
  const name = formatPlace(where);
  const problem = draft === undefined ? undefined : placeProblem(draft, what, model);
  const take = () => {
    const place = draft === undefined ? undefined : parsePlace(draft);
    setDraft(undefined);
    if (place && problem === undefined && formatPlace(place) !== name) onChange(place);
  };
  return (
    <input
      className="hs-field hs-mono hs-entry__place"
      aria-label={`Place of ${name}`}
      aria-invalid={problem !== undefined}
      title={problem ?? 'Query head (L2H3), KV group (L2KV1) or layer (L2)'}
      spellCheck={false}
      autoComplete="off"
      value={draft ?? name}
      onChange={({ target }) => setDraft(target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && problem === undefined) event.currentTarget.blur();
        if (event.key === 'Escape') {
          event.stopPropagation();
          setDraft(undefined);
        }
      }}
    />
  );
}

function placeProblem(text: string, what: InterventionKindId, model: ModelInfo): string | undefined {
  const place = parsePlace(text);
  if (!place) return 'Write a query head (L2H3), a KV group (L2KV1) or a layer (L2).';
  if (!placeExists(place, model)) return `The model has no ${formatPlace(place)}. ${placesRange(model)}`;
  const kind = interventionKind(what);
  if (kind.places.includes(placeKind(place))) return undefined;
  return `${kind.name} cannot be done to a ${PLACE_NAMES[placeKind(place)]}, only to a ${placesText(kind)}.`;
}
