import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../files/atomic-write.ts';

const MOST = 12;

const recentSchema = z.object({ path: z.string(), name: z.string(), detail: z.string() });
const fileSchema = z.object({ models: z.array(recentSchema) });

export type RecentModel = z.infer<typeof recentSchema>;

/** The folders that were opened last, latest first. */
export interface RecentModels {
  list(): Promise<RecentModel[]>;
  add(model: RecentModel): Promise<void>;
}

/** Kept in a JSON file. A missing or damaged file is an empty list: what it holds is a convenience. */
export function createRecentModels(file: string): RecentModels {
  let writing: Promise<void> = Promise.resolve();

  const list = async (): Promise<RecentModel[]> => {
    try {
      return fileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).models.slice(0, MOST);
    } catch {
      return [];
    }
  };

  const write = async (model: RecentModel): Promise<void> => {
    const others = (await list()).filter(({ path }) => path !== model.path);
    const models = [model, ...others].slice(0, MOST);
    await writeFileAtomic(file, `${JSON.stringify({ models }, null, 2)}\n`);
  };

  return {
    list,
    add(model) {
      // One after the other, so that two models opened in a row are both kept.
      const added = writing.then(() => write(model));
      writing = added.catch(() => undefined);
      return added;
    },
  };
}
