/** Where in the model something is changed: a query head, the query heads or the keys and values of a KV group, a layer. */
import { z } from 'zod';
import { formatGroup, formatHead, groupOf, type HeadId } from './head-id.ts';

const index = z.number().int().min(0).max(4095);

export const placeSchema = z.union([
  z.strictObject({ layer: index, head: index }),
  z.strictObject({ layer: index, kvHead: index }),
  z.strictObject({ layer: index }),
]);
export type Place = z.infer<typeof placeSchema>;

export const PLACE_KINDS = ['head', 'kv-group', 'layer'] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

export function placeKind(place: Place): PlaceKind {
  if ('head' in place) return 'head';
  return 'kvHead' in place ? 'kv-group' : 'layer';
}

/** `L5H1`, `L5KV0` or `L5`. */
export function formatPlace(place: Place): string {
  if ('head' in place) return formatHead(place);
  return 'kvHead' in place ? formatGroup(place.layer, place.kvHead) : `L${place.layer}`;
}

/** Reads `L5H1` (and `5.1`, `5-1`, `5/1`), `L5KV0`, `L5`; case and blanks ignored; undefined for anything else. */
export function parsePlace(text: string): Place | undefined {
  const match = /^(?:l(\d{1,4})(?:h(\d{1,4})|kv(\d{1,4}))?|(\d{1,4})[.\-/](\d{1,4}))$/i.exec(
    text.replaceAll(/\s/g, ''),
  );
  if (!match) return undefined;
  const layer = Number(match[1] ?? match[4]);
  const head = match[2] ?? match[5];
  if (head !== undefined) return { layer, head: Number(head) };
  return match[3] === undefined ? { layer } : { layer, kvHead: Number(match[3]) };
}

/** Whether a query head of a model with so many heads lies there. */
export function placeHolds(
  place: Place,
  { layer, head }: HeadId,
  { heads, kvHeads }: { readonly heads: number; readonly kvHeads: number },
): boolean {
  if (place.layer !== layer) return false;
  if ('head' in place) return place.head === head;
  return !('kvHead' in place) || place.kvHead === groupOf(head, heads, kvHeads);
}

/** The query heads that lie there, in order. */
export function headsAt(place: Place, model: { readonly heads: number; readonly kvHeads: number }): HeadId[] {
  if ('head' in place) return [place];
  return Array.from({ length: model.heads }, (_, head) => ({ layer: place.layer, head })).filter((head) =>
    placeHolds(place, head, model),
  );
}

/** Whether a model has such a place. */
export function placeExists(
  place: Place,
  { layers, heads, kvHeads }: { readonly layers: number; readonly heads: number; readonly kvHeads: number },
): boolean {
  if (place.layer >= layers) return false;
  if ('head' in place) return place.head < heads;
  return !('kvHead' in place) || place.kvHead < kvHeads;
}

export function samePlace(a: Place, b: Place): boolean {
  return formatPlace(a) === formatPlace(b);
}
