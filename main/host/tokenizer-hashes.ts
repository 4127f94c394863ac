import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashPart } from '../files/session/hash.ts';

/** SHA-256 of the tokenizer.json of each model that was opened, by model id. */
export interface TokenizerHashes {
  /** A model was opened from a folder; the file is read when its hash is asked for. */
  note(modelId: string, folder: string): void;
  /** A session file tells it of a model that need not be here. */
  know(modelId: string, sha256: string): void;
  /** Null where the model has none, or nothing is known of it. */
  of(modelId: string): Promise<string | null>;
}

export function createTokenizerHashes(): TokenizerHashes {
  const hashes = new Map<string, () => Promise<string | null>>();
  return {
    note(modelId, folder) {
      let hash: Promise<string | null> | undefined;
      hashes.set(modelId, () => (hash ??= hashTokenizer(join(folder, 'tokenizer.json'))));
    },
    know(modelId, sha256) {
      if (!hashes.has(modelId)) hashes.set(modelId, () => Promise.resolve(sha256));
    },
    of: (modelId) => hashes.get(modelId)?.() ?? Promise.resolve(null),
  };
}

async function hashTokenizer(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? await hashPart({ path, offset: 0, bytes: found.size }) : null;
  } catch {
    // In id mode there is none.
    return null;
  }
}
