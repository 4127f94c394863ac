/** Bytes as text, for where only JSON goes. Neither Node nor a page is needed. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PLACES: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (letter, place) => [letter, place]));

/** RFC 4648, section 4: with padding, without line breaks. */
export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const left = bytes.length - at;
    parts.push(
      ALPHABET[group >> 18]! +
        ALPHABET[(group >> 12) & 63]! +
        (left > 1 ? ALPHABET[(group >> 6) & 63]! : '=') +
        (left > 2 ? ALPHABET[group & 63]! : '='),
    );
  }
  return parts.join('');
}

/** Undefined where the text is not what `encodeBase64` writes of some bytes. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const letters = text.length - padding;
  for (let at = 0, byte = 0; at < text.length; at += 4, byte += 3) {
    let group = 0;
    for (let place = at; place < at + 4; place++) {
      const bits = place < letters ? PLACES.get(text[place]!) : 0;
      if (bits === undefined) return undefined;
      group = (group << 6) | bits;
    }
    // What is past the end falls away; it has to be nothing.
    if (at + 4 === text.length && (group & (2 ** (8 * padding) - 1)) !== 0) return undefined;
    bytes[byte] = group >> 16;
    bytes[byte + 1] = group >> 8;
    bytes[byte + 2] = group;
  }
  return bytes;
}
