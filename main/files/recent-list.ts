import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from './atomic-write.ts';

/** What is remembered of each entry, apart from what the list adds. */
export interface RecentEntry {
  readonly path: string;
}

/** What was opened last, latest first, each path once. */
export interface RecentList<Entry extends RecentEntry> {
  list(): Promise<Entry[]>;
  add(entry: Entry): Promise<void>;
}

const MOST = 12;

/**
 * Kept in a JSON file, `{ [name]: entries }`. A missing or damaged file is an empty list: what it holds is a
 * convenience.
 */
export function createRecentList<Entry extends RecentEntry>(
  file: string,
  name: string,
  schema: z.ZodType<Entry>,
): RecentList<Entry> {
  const fileSchema = z.record(z.string(), z.array(schema));
  let writing: Promise<void> = Promise.resolve();

  const list = async (): Promise<Entry[]> => {
    try {
      return (fileSchema.parse(JSON.parse(await readFile(file, 'utf8')))[name] ?? []).slice(0, MOST);
    } catch {
      return [];
    }
  };

  const write = async (entry: Entry): Promise<void> => {
    const others = (await list()).filter(({ path }) => path !== entry.path);
    await writeFileAtomic(file, `${JSON.stringify({ [name]: [entry, ...others].slice(0, MOST) }, null, 2)}\n`);
  };

  return {
    list,
    add(entry) {
      // One after the other, so that two things opened in a row are both kept.
      const added = writing.then(() => write(entry));
      writing = added.catch(() => undefined);
      return added;
    },
  };
}
