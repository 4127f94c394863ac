import { open, type FileHandle } from 'node:fs/promises';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import { isFloatDtype, type FloatDtype } from './dtype.ts';
import { readFully } from './read-bytes.ts';
import type { WeightEntry, WeightFile, WeightIndex } from './weight-index.ts';

/** Scanned without a pause, about a millisecond; between chunks the event loop runs. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Looks for NaN and infinity in the stored bits of the named tensors, without widening them. Tensors of other dtypes
 * than F32, F16 and BF16 are passed over.
 *
 * @param names default: every tensor
 * @throws AppError `weights-not-finite` naming tensor and element, `io`; CancelledError
 */
export async function checkFinite(
  index: WeightIndex,
  names: Iterable<string> = index.tensors.keys(),
  signal?: AbortSignal,
): Promise<void> {
  const byFile = new Map<WeightFile, WeightEntry[]>();
  for (const name of names) {
    const entry = index.tensors.get(name);
    if (!entry || !isFloatDtype(entry.dtype)) continue;
    byFile.set(entry.file, [...(byFile.get(entry.file) ?? []), entry]);
  }
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (const [file, entries] of byFile) {
    const handle = await open(file.path, 'r');
    try {
      // In file order, so that a spinning disk or a network folder reads straight through.
      for (const entry of entries.sort((a, b) => a.offset - b.offset)) await scanTensor(handle, entry, buffer, signal);
    } finally {
      await handle.close();
    }
  }
}

async function scanTensor(
  handle: FileHandle,
  entry: WeightEntry,
  buffer: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let done = 0; done < entry.byteLength; done += CHUNK_BYTES) {
    if (signal?.aborted === true) throw new CancelledError();
    const bytes = buffer.subarray(0, Math.min(CHUNK_BYTES, entry.byteLength - done));
    await readFully(handle, bytes, entry.offset + done, entry.file.name);
    const found = firstNonFinite(bytes, entry.dtype as FloatDtype);
    if (found === -1) continue;
    const element = done / (entry.dtype === 'F32' ? 4 : 2) + found;
    throw new AppError(
      'weights-not-finite',
      `Tensor “${entry.name}” in ${entry.file.name} holds NaN or infinity, first at element ${element}.`,
      { hint: 'The weights are damaged, or training diverged. Download them again, or use another checkpoint.' },
    );
  }
}

/** Index of the first element whose exponent bits are all set; -1 if none. */
function firstNonFinite(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): number {
  if (dtype === 'F32') {
    const words = new Uint32Array(bytes.buffer, 0, bytes.length / 4);
    for (let i = 0; i < words.length; i++) if ((words[i]! & 0x7f800000) === 0x7f800000) return i;
    return -1;
  }
  const exponent = dtype === 'F16' ? 0x7c00 : 0x7f80;
  const halves = new Uint16Array(bytes.buffer, 0, bytes.length / 2);
  for (let i = 0; i < halves.length; i++) if ((halves[i]! & exponent) === exponent) return i;
  return -1;
}
