import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { exampleId, type ExamplePrompt } from '../../shared/contract/methods.ts';
import { SESSION_EXTENSION } from '../../shared/session/manifest.ts';
import type { AppPaths } from '../files/app-paths.ts';
import { exists } from './browse-folders.ts';

export type ExamplePaths = Pick<AppPaths, 'examples' | 'sessions'>;

const listSchema = z.array(z.object({ id: exampleId, title: z.string(), look: z.string(), text: z.string() }));
const fileSchema = z.union([listSchema, z.object({ examples: listSchema }).transform(({ examples }) => examples)]);

/** The example prompts that come with the shipped model; none where the file is missing or is none. */
export async function readExamples({ examples, sessions }: ExamplePaths): Promise<ExamplePrompt[]> {
  const listed = await readList(examples);
  return Promise.all(
    listed.map(async (example) => ({ ...example, hasSession: await exists(exampleSession(sessions, example.id)) })),
  );
}

/** Where the stored session of an example lies, if it has one. */
export function exampleSession(sessions: string, id: string): string {
  return join(sessions, `${id}${SESSION_EXTENSION}`);
}

async function readList(file: string): Promise<z.output<typeof listSchema>> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}
