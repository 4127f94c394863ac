/** What the tokens of a vocabulary stand for: their bytes, their text, how they are shown. */
import type { TokenView } from '../../shared/model/token-view.ts';
import { bytesOfByteLevel } from './byte-level.ts';
import { decodeUtf8, visibleBytes, visibleText } from './display.ts';

export type TokenDescription = Pick<TokenView, 'display' | 'text' | 'special'>;

/** How token strings are written. */
export interface Notation {
  /** Bytes as GPT-2's printable characters. */
  readonly byteLevel: boolean;
  /** `▁` for a space (SentencePiece). */
  readonly metaspace: boolean;
  /** `<0xE2>` for a byte. */
  readonly byteFallback: boolean;
}

export const METASPACE = '\u2581';

/** Form of an id that stands for no token. */
export function describeBareId(id: number): TokenDescription {
  return { display: `#${id}`, text: '', special: false };
}

/** An added token stands for itself, byte for byte. */
export function describeAdded(content: string, special: boolean): TokenDescription {
  return { display: visibleText(content), text: content, special };
}

export function describeToken(token: string, notation: Notation): TokenDescription {
  const bytes = bytesOfToken(token, notation);
  return { display: visibleBytes(bytes), text: decodeUtf8(bytes) ?? '', special: false };
}

/** The UTF-8 bytes of the text that a token of the model's vocabulary stands for. */
export function bytesOfToken(token: string, { byteLevel, metaspace, byteFallback }: Notation): Uint8Array {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  if (byteLevel) return bytesOfByteLevel(token) ?? utf8(token);
  const byte = byteFallback ? /^<0x([0-9A-F]{2})>$/.exec(token)?.[1] : undefined;
  if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
  return utf8(metaspace ? token.replaceAll(METASPACE, ' ') : token);
}
