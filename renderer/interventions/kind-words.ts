/** What lists and forms say about a kind of intervention. */
import type {
  InGeneration,
  InterventionKind,
  InterventionPart,
  MapsAfter,
} from '../../shared/model/intervention-kinds/kind.ts';
import type { PlaceKind } from '../../shared/model/place.ts';

/** Groups of the list of kinds, in its order. */
export const PART_NAMES: Readonly<Record<InterventionPart, string>> = {
  z: 'Output of the head',
  pattern: 'Attention pattern',
  values: 'Values',
  residual: 'Residual',
};

/** What becomes of the maps of a changed head: a word for the row, a sentence for who asks. */
export const MAPS_AFTER: Readonly<Record<MapsAfter, { readonly word: string; readonly meaning: string }>> = {
  same: { word: 'maps stay', meaning: 'The attention of the head itself is not edited: its maps stay what they are.' },
  recomputed: {
    word: 'maps recomputed',
    meaning: 'Maps of the changed run are recomputed from the changed queries and keys.',
  },
  masked: { word: 'maps masked', meaning: 'Maps of the changed run lack the cells that the head no longer sees.' },
  clean: { word: 'maps of clean', meaning: 'Maps of the changed run are those of the clean run.' },
  moved: { word: 'maps moved', meaning: 'Maps of the changed run have their mass redistributed.' },
  none: {
    word: 'no maps',
    meaning: 'The rows of the head are no softmax any more, so that there are no maps of the changed run.',
  },
};

export const IN_GENERATION: Readonly<Record<InGeneration, { readonly word: string; readonly meaning: string }>> = {
  'every-step': { word: 'in generation too', meaning: 'Generated tokens are changed like those of the prompt.' },
  'prompt-only': {
    word: 'prompt only',
    meaning: 'It is about positions of the prompt: tokens that are generated after it are not changed.',
  },
  refused: { word: 'not in generation', meaning: 'Nothing can be generated under it.' },
};

export const PLACE_NAMES: Readonly<Record<PlaceKind, string>> = {
  head: 'query head',
  'kv-group': 'KV group',
  layer: 'layer',
};

/** `query head, KV group or layer`. */
export function placesText({ places }: Pick<InterventionKind, 'places'>): string {
  const names = places.map((place) => PLACE_NAMES[place]);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;
}
