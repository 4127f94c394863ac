import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import { readHeader, type HeaderOfFile } from './read-header.ts';
import type { WeightEntry, WeightFile, WeightIndex } from './weight-index.ts';

const SINGLE = 'model.safetensors';
const SHARD_INDEX = 'model.safetensors.index.json';

/** Far above any published index; keeps a hostile one from filling the memory. */
const MAX_INDEX_BYTES = 100_000_000;

/**
 * Finds every tensor of a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
 * Where both exist the single file is taken, as Hugging Face's loader does.
 *
 * Links are followed first, so that a snapshot of the Hugging Face cache opens. Shard names are plain file names: a
 * link that the user's own tool made may lead anywhere, a name in a downloaded index may not.
 *
 * @throws AppError `not-a-model` where there are no weights, `weights-missing` where a listed shard is absent,
 *   `weights-corrupt` where a header or the index is damaged, `io`
 */
export async function openWeights(folder: string): Promise<WeightIndex> {
  await requireFolder(folder);
  if (await exists(join(folder, SINGLE))) {
    const { file, header } = await openFile(folder, SINGLE);
    return indexOf(folder, [file], entriesOf(file, header, header.tensors.keys()));
  }
  if (await exists(join(folder, SHARD_INDEX))) return openShards(folder);
  throw new AppError('not-a-model', `${folder} holds neither ${SINGLE} nor ${SHARD_INDEX}.`, {
    hint: 'Choose a model folder with weights in safetensors format; weights in .bin, .pth or .gguf must be converted first.',
  });
}

async function openShards(folder: string): Promise<WeightIndex> {
  const names = new Map<string, string[]>();
  for (const [tensor, shard] of await readShardIndex(join(folder, SHARD_INDEX))) {
    const list = names.get(shard);
    if (list) list.push(tensor);
    else names.set(shard, [tensor]);
  }
  const files: WeightFile[] = [];
  const entries: WeightEntry[] = [];
  for (const [shard, tensors] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!(await exists(join(folder, shard)))) {
      throw new AppError('weights-missing', `${SHARD_INDEX} lists the shard ${shard}, which is not in ${folder}.`, {
        hint: `Download ${shard} into the folder; the model has ${names.size} shards.`,
      });
    }
    const { file, header } = await openFile(folder, shard);
    files.push(file);
    entries.push(...entriesOf(file, header, tensors));
  }
  return indexOf(folder, files, entries);
}

async function readShardIndex(path: string): Promise<Map<string, string>> {
  const { size } = await stat(path);
  if (size > MAX_INDEX_BYTES) {
    throw damagedIndex(`holds ${size} bytes, past the limit of ${MAX_INDEX_BYTES}`);
  }
  let root: unknown;
  try {
    root = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw damagedIndex('is not valid JSON', cause);
  }
  const map = typeof root === 'object' && root !== null && 'weight_map' in root ? root.weight_map : undefined;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw damagedIndex('has no weight_map object');
  const result = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !isPlainFileName(shard)) {
      throw damagedIndex(
        `puts “${tensor.slice(0, 80)}” into ${JSON.stringify(shard).slice(0, 80)}, which is no plain file name`,
      );
    }
    result.set(tensor, shard);
  }
  if (result.size === 0) throw damagedIndex('lists no tensors');
  return result;
}

/** A name that can only mean a file in the folder itself, on every platform. */
function isPlainFileName(name: string): boolean {
  return /^[^/\\:\0]{1,255}$/.test(name) && name !== '.' && name !== '..';
}

function damagedIndex(found: string, cause?: unknown): AppError {
  return new AppError('weights-corrupt', `${SHARD_INDEX} ${found}.`, {
    hint: 'Download the index of the model again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

async function openFile(folder: string, name: string): Promise<{ file: WeightFile; header: HeaderOfFile }> {
  const path = await realpath(join(folder, name));
  const header = await readHeader(path, name);
  const { size, dataStart } = header;
  const file = { name, path, realFolder: dirname(path), realName: basename(path), size, dataStart };
  return { file, header };
}

function entriesOf(file: WeightFile, header: HeaderOfFile, names: Iterable<string>): WeightEntry[] {
  return [...names].map((name) => {
    const extent = header.tensors.get(name);
    if (!extent) {
      throw damagedIndex(`says that “${name.slice(0, 80)}” is in ${file.name}, whose header does not list it`);
    }
    const { dtype, shape, begin, end } = extent;
    return { name, dtype, shape, file, offset: begin, byteLength: end - begin };
  });
}

function indexOf(folder: string, files: readonly WeightFile[], entries: readonly WeightEntry[]): WeightIndex {
  return {
    folder,
    files,
    tensors: new Map(entries.map((entry) => [entry.name, entry])),
    totalBytes: entries.reduce((sum, entry) => sum + entry.byteLength, 0),
  };
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new AppError('not-a-model', `${folder} is ${found ? 'a file, not a folder' : 'not there'}.`, {
    hint: 'Choose the folder that holds config.json and the weights.',
  });
}

/** Follows links: one that leads nowhere counts as absent. */
async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
