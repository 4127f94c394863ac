import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelEntry } from '../../shared/contract/methods.ts';

/** Every snapshot in a Hugging Face cache that holds a config.json. No cache is an empty one. */
export async function listHuggingFaceModels(cache: string): Promise<ModelEntry[]> {
  const repositories = (await readFolder(cache)).filter((name) => name.startsWith('models--'));
  const entries = await Promise.all(repositories.map((name) => listSnapshots(cache, name)));
  return entries.flat().sort((a, b) => a.name.localeCompare(b.name));
}

/** `models--org--name/snapshots/<hash>`. */
async function listSnapshots(cache: string, repository: string): Promise<ModelEntry[]> {
  const folder = join(cache, repository, 'snapshots');
  const name = repository.slice('models--'.length).replaceAll('--', '/');
  const entries = (await readFolder(folder)).map(async (snapshot): Promise<ModelEntry[]> => {
    const path = join(folder, snapshot);
    const architecture = await readArchitecture(path);
    if (architecture === undefined) return [];
    return [{ path, name, detail: `${architecture}, revision ${snapshot.slice(0, 8)}`, source: 'hugging-face' }];
  });
  return (await Promise.all(entries)).flat();
}

/** What the config says the model is; undefined without a config. A damaged one is listed: opening it says what is wrong. */
async function readArchitecture(folder: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, 'config.json'), 'utf8');
  } catch {
    return undefined;
  }
  try {
    const { architectures, model_type: type } = JSON.parse(text) as { architectures?: string[]; model_type?: string };
    return architectures?.[0] ?? type ?? 'unknown architecture';
  } catch {
    return 'unreadable config.json';
  }
}

async function readFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch {
    return [];
  }
}
