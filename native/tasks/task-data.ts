/** The bundled prose and words that tasks are made of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/base/app-error.ts';

export interface TaskData {
  /** Public-domain prose, one paragraph a line. */
  readonly prose: string;
  readonly names: readonly string[];
  /** Words that values are made of. */
  readonly values: readonly string[];
}

const wordsSchema = z.object({ names: z.array(z.string()).min(16), values: z.array(z.string()).min(64) });

/** Throws `io` where the folder does not hold what it should. */
export async function readTaskData(folder: string): Promise<TaskData> {
  try {
    const words = wordsSchema.parse(JSON.parse(await readFile(join(folder, 'words.json'), 'utf8')));
    return { prose: await readFile(join(folder, 'haystack.txt'), 'utf8'), ...words };
  } catch (cause) {
    throw new AppError('io', `The task data in “${folder}” could not be read.`, {
      hint: 'It comes with Headscope: install it again.',
      cause,
    });
  }
}
