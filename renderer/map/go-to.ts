/** Where a text in the "Go to" field leads: a token, a cell, or places in the prompt. Pure. */
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatCount } from '../../shared/view/map/format-value.ts';

/** Tokens `start` to `end` - 1. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

export type GoTo =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'cell'; readonly query: number; readonly key: number }
  /** In the order of the prompt; at least one. An index is a place as well. */
  | { readonly kind: 'places'; readonly places: readonly TokenSpan[] }
  /** Said under the field. */
  | { readonly kind: 'refused'; readonly why: string };

/** `310`, `310,24` (query, key), or text: any part of the prompt, in either case. */
export function readGoTo(text: string, tokens: readonly TokenView[]): GoTo {
  const wanted = text.trim();
  if (wanted === '' || tokens.length === 0) return { kind: 'nothing' };
  const range = `The prompt has tokens 0 to ${formatCount(tokens.length - 1)}.`;
  const cell = /^(\d{1,7})\s*[,;:→ ]\s*(\d{1,7})$/.exec(wanted);
  if (cell) {
    const [query, key] = [Number(cell[1]), Number(cell[2])];
    if (query >= tokens.length || key >= tokens.length) return { kind: 'refused', why: range };
    if (key > query) {
      const why = `Key ${formatCount(key)} lies in the future of query ${formatCount(query)}.`;
      return { kind: 'refused', why };
    }
    return { kind: 'cell', query, key };
  }
  const index = /^#?(\d{1,7})$/.exec(wanted)?.[1];
  if (index !== undefined && Number(index) < tokens.length) {
    return { kind: 'places', places: [{ start: Number(index), end: Number(index) + 1 }] };
  }
  // A number that is no index may still stand in the text.
  const places = placesOf(text.trimStart(), tokens);
  if (places.length > 0) return { kind: 'places', places };
  return { kind: 'refused', why: index === undefined ? 'Not in the prompt.' : range };
}

function placesOf(text: string, tokens: readonly TokenView[]): TokenSpan[] {
  const wanted = text.toLowerCase();
  const lower = tokens.map((token) => token.text.toLowerCase());
  const whole = lower.join('');
  const places: TokenSpan[] = [];
  let [token, tokenStart] = [0, 0];
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + 1)) {
    while (tokenStart + lower[token]!.length <= at) tokenStart += lower[token++]!.length;
    let [end, endsAt] = [token, tokenStart];
    while (end < lower.length && endsAt < at + wanted.length) endsAt += lower[end++]!.length;
    const before = places.at(-1);
    // A letter may occur twice in a token: one place.
    if (before?.start !== token || before.end !== end) places.push({ start: token, end });
  }
  return places;
}

/** A place with a little of what stands around it. */
export function placeText(
  { start, end }: TokenSpan,
  tokens: readonly TokenView[],
): { readonly before: string; readonly match: string; readonly after: string } {
  const text = (from: number, to: number) =>
    tokens
      .slice(Math.max(0, from), to)
      .map((token) => token.text)
      .join('')
      .replaceAll(/\s+/g, ' ');
  return {
    before: `${start > 4 ? '…' : ''}${text(start - 4, start)}`,
    match: text(start, end),
    after: `${text(end, end + 6)}${end + 6 < tokens.length ? '…' : ''}`,
  };
}

/** The options that are listed around the current one: all, or as many as can be looked through. */
export function listedRange(count: number, current: number, most = 60): readonly [start: number, end: number] {
  const start = Math.max(0, Math.min(count - most, current - most / 2));
  return [start, Math.min(count, start + most)];
}
