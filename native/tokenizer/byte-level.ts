/**
 * GPT-2's reversible map between bytes and printable characters, in which byte-level vocabularies are written.
 * Printable Latin-1 characters stand for themselves, the other bytes for U+0100 and up, in order.
 * Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py (`bytes_to_unicode`).
 */
const BYTE_OF_CHAR: ReadonlyMap<string, number> = (() => {
  const map = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    map.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return map;
})();

/** Bytes of a byte-level token; undefined where it holds a character that stands for no byte. */
export function bytesOfByteLevel(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF_CHAR.get(token[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
