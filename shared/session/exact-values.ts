/** Arrays of numbers in the state of a session: JSON cannot hold them as they are, and has to lose none of their bits. */
import { z } from 'zod';
import { decodeBase64, encodeBase64 } from '../base/base64.ts';

/** Little-endian bytes in base64. */
export const exactValues = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

export function encodeFloat64(values: Float64Array): string {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [index, value] of values.entries()) view.setFloat64(8 * index, value, true);
  return encodeBase64(new Uint8Array(view.buffer));
}

export function encodeFloat32(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setFloat32(4 * index, value, true);
  return encodeBase64(new Uint8Array(view.buffer));
}

/** Undefined where there are not as many. */
export function decodeFloat64(text: string, count: number): Float64Array | undefined {
  const view = viewOf(text, 8 * count);
  return view && Float64Array.from({ length: count }, (_, index) => view.getFloat64(8 * index, true));
}

/** Undefined where there are not as many. */
export function decodeFloat32(text: string, count: number): Float32Array | undefined {
  const view = viewOf(text, 4 * count);
  return view && Float32Array.from({ length: count }, (_, index) => view.getFloat32(4 * index, true));
}

/** Looks at the length first: what is too long is not read. */
function viewOf(text: string, bytes: number): DataView | undefined {
  if (text.length !== 4 * Math.ceil(bytes / 3)) return undefined;
  const decoded = decodeBase64(text);
  return decoded?.length === bytes ? new DataView(decoded.buffer) : undefined;
}
