import { buildHeader, bytesOf, layOut, type TensorSource } from './write-safetensors.ts';

export interface WholeTensor extends Omit<TensorSource, 'data'> {
  /** Little-endian. */
  readonly data: ArrayBufferView;
}

/**
 * A .safetensors file in memory, laid out as `writeSafetensors` does.
 *
 * @throws Error where a tensor's data has another length than its shape, or a name comes twice: bugs of the caller
 */
export function encodeSafetensors(
  tensors: readonly WholeTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = layOut(tensors);
  const header = buildHeader(ordered, metadata);
  const file = new Uint8Array(header.length + ordered.reduce((sum, { data }) => sum + data.byteLength, 0));
  file.set(header);
  let at = header.length;
  for (const { name, dtype, shape, data } of ordered) {
    if (data.byteLength !== bytesOf(name, dtype, shape)) {
      throw new Error(`Tensor ${name}, ${dtype} [${shape.join(', ')}], was given ${data.byteLength} bytes.`);
    }
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
