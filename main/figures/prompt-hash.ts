import { createHash } from 'node:crypto';

/** SHA-256 of a prompt as session files have it: over the token ids as little-endian int32, hexadecimal. */
export function promptHash(ids: Int32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
    .digest('hex');
}
