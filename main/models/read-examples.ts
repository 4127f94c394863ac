import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ExamplePrompt } from '../../shared/contract/methods.ts';

const listSchema = z.array(z.object({ id: z.string(), title: z.string(), look: z.string(), text: z.string() }));
const fileSchema = z.union([listSchema, z.object({ examples: listSchema }).transform(({ examples }) => examples)]);

/** The example prompts that come with the shipped model; none where the file is missing or is none. */
export async function readExamples(file: string): Promise<ExamplePrompt[]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}
