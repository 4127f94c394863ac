import type { AlignedText } from './aligned-text.ts';

/** How far a token is looked for when characters before it were dropped, in bytes. */
const SEARCH_BYTES = 256;

export interface TokenSpan {
  /** In the original text, UTF-16 code units, end exclusive; both -1 for a token that stands for none of it. */
  start: number;
  end: number;
}

/** The UTF-8 bytes of an aligned text, each with the original range of its character. */
interface AlignedBytes {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/**
 * Finds the range of each token in the text that was tokenised.
 *
 * Both are compared as bytes, in order, so tokens that hold part of a character are placed too. Text that no token
 * repeats (dropped by a pre-tokenizer) goes to the token after it, at the end to the last one; a token of unknown
 * content takes what lies between its neighbours.
 *
 * @param surfaces the bytes of each token in the normalised text; null where the token does not say (unknown token)
 * @param length of the original text
 */
export function alignTokens(
  document: readonly AlignedText[],
  surfaces: readonly (Uint8Array | null)[],
  length: number,
): TokenSpan[] {
  const text = toBytes(document);
  const spans = surfaces.map(() => ({ start: -1, end: -1 }));
  /** Tokens of unknown content that wait for the next known one. */
  let waiting: TokenSpan[] = [];
  let at = 0;
  const flush = (until: number): void => {
    place(waiting, text, at, until);
    waiting = [];
  };
  surfaces.forEach((surface, token) => {
    const span = spans[token]!;
    if (surface === null) {
      waiting.push(span);
      return;
    }
    const found = find(text.bytes, surface, skip(text, at, waiting.length));
    if (found === undefined) {
      if (surface.length > 1 || surface[0] !== SPACE) waiting.push(span);
      return;
    }
    flush(found.at);
    placeOne(span, text, found.at, found.at + found.length);
    at = found.at + found.length;
  });
  flush(text.bytes.length);
  fillGaps(spans, length);
  return spans;
}

const SPACE = 0x20;

/** Position and length of the token's bytes; a space that the pre-tokenizer put in front is not in the text. */
function find(bytes: Uint8Array, surface: Uint8Array, from: number): { at: number; length: number } | undefined {
  if (startsWith(bytes, surface, from)) return { at: from, length: surface.length };
  const bare = surface[0] === SPACE ? surface.subarray(1) : undefined;
  if (bare?.length === 0) return undefined;
  if (bare && startsWith(bytes, bare, from)) return { at: from, length: bare.length };
  const limit = Math.min(from + SEARCH_BYTES, bytes.length - surface.length);
  for (let at = from + 1; at <= limit; at++) if (startsWith(bytes, surface, at)) return { at, length: surface.length };
  return undefined;
}

function startsWith(bytes: Uint8Array, surface: Uint8Array, at: number): boolean {
  if (at + surface.length > bytes.length) return false;
  for (let i = 0; i < surface.length; i++) if (bytes[at + i] !== surface[i]) return false;
  return true;
}

/** The position `count` characters further on. */
function skip({ bytes }: AlignedBytes, from: number, count: number): number {
  let at = from;
  for (let i = 0; i < count && at < bytes.length; i++) {
    at++;
    while (at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at++;
  }
  return at;
}

/** Gives [from, until) to tokens of unknown content: a character each and the rest to the last. */
function place(tokens: readonly TokenSpan[], text: AlignedBytes, from: number, until: number): void {
  let at = from;
  tokens.forEach((token, i) => {
    const end = i === tokens.length - 1 ? until : Math.min(until, skip(text, at, 1));
    placeOne(token, text, at, end);
    at = end;
  });
}

function placeOne(token: TokenSpan, text: AlignedBytes, from: number, until: number): void {
  if (from === until) return;
  const start = text.starts[from]!;
  const end = text.ends[until - 1]!;
  // A character that the normaliser inserted stands for no text.
  if (start === end) return;
  token.start = start;
  token.end = end;
}

function fillGaps(spans: readonly TokenSpan[], length: number): void {
  let covered = 0;
  let last: TokenSpan | undefined;
  for (const span of spans) {
    if (span.start === -1) continue;
    span.start = Math.min(span.start, covered);
    covered = Math.max(covered, span.end);
    last = span;
  }
  if (last && covered < length) last.end = length;
}

function toBytes(document: readonly AlignedText[]): AlignedBytes {
  const encoder = new TextEncoder();
  const parts = document.map(({ text }) => encoder.encode(text));
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(total);
  const starts = new Int32Array(total);
  const ends = new Int32Array(total);
  let at = 0;
  document.forEach(({ text, starts: from, ends: to }, piece) => {
    bytes.set(parts[piece]!, at);
    for (let i = 0; i < text.length;) {
      const code = text.codePointAt(i)!;
      const units = code > 0xffff ? 2 : 1;
      const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      starts.fill(from[i]!, at, at + width);
      ends.fill(to[i + units - 1]!, at, at + width);
      at += width;
      i += units;
    }
  });
  return { bytes, starts, ends };
}
