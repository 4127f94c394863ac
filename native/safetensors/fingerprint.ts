import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readFully } from './read-bytes.ts';
import type { WeightEntry, WeightFile, WeightIndex } from './weight-index.ts';

/** Files up to this size are hashed whole. */
const WHOLE_BYTES = 16 * 2 ** 20;
/** Taken from start, middle and end of a larger file. */
const FILE_SAMPLE_BYTES = 64 * 2 ** 10;
/** Taken from the middle of every tensor of a larger file. */
const TENSOR_SAMPLE_BYTES = 4 * 2 ** 10;

/**
 * A fast identity of a model's weights: 64 hexadecimal digits (SHA-256).
 *
 * It covers each file's size and header, and the data whole for files up to 16 MiB; of larger ones 64 KiB from start,
 * middle and end and 4 KiB from the middle of every tensor, which tells checkpoints of one training apart. Names,
 * places and dates of files do not enter, so a copy or a cache snapshot has the fingerprint of its original. Data that
 * was altered between the samples of a large file goes unnoticed: this is an identity, not an integrity check.
 *
 * @param extra further texts that the identity should cover, such as config.json
 */
export async function fingerprint(index: WeightIndex, extra: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256');
  for (const text of extra) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  for (const file of index.files) {
    hash.update(`file ${file.size} ${file.dataStart}:`);
    await hashFile(
      hash,
      file,
      [...index.tensors.values()].filter((entry) => entry.file === file),
    );
  }
  return hash.digest('hex');
}

async function hashFile(hash: Hash, file: WeightFile, entries: readonly WeightEntry[]): Promise<void> {
  const handle = await open(file.path, 'r');
  try {
    const add = async (position: number, length: number): Promise<void> => {
      const bytes = new Uint8Array(length);
      await readFully(handle, bytes, position, file.name);
      hash.update(bytes);
    };
    if (file.size <= WHOLE_BYTES) {
      await add(0, file.size);
      return;
    }
    await add(0, file.dataStart);
    const data = file.size - file.dataStart;
    const sample = Math.min(FILE_SAMPLE_BYTES, data);
    for (const part of [0, 0.5, 1]) await add(file.dataStart + Math.floor((data - sample) * part), sample);
    for (const { offset, byteLength } of entries) {
      const length = Math.min(TENSOR_SAMPLE_BYTES, byteLength);
      await add(offset + Math.floor((byteLength - length) / 2), length);
    }
  } finally {
    await handle.close();
  }
}
