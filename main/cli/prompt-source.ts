import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../shared/base/app-error.ts';
import type { Prompt } from '../../shared/contract/methods.ts';

/** `--text`, `--file` or `--ids`: exactly one of them. */
export interface PromptSource {
  readonly text?: string;
  readonly file?: string;
  readonly ids?: string;
  /** `--bos` or `--no-bos`; without either the model's own habit. */
  readonly bos?: boolean;
}

const id = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const idsSchema = z.union([z.array(id), z.object({ ids: z.array(id) }).transform(({ ids }) => ids)]);

export async function readPrompt(source: PromptSource, bosByDefault: boolean): Promise<Prompt> {
  const given = [source.text, source.file, source.ids].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new AppError('bad-request', `${given.length === 0 ? 'No prompt' : 'More than one prompt'} was given.`, {
      hint: 'Give exactly one of --text TEXT, --file FILE and --ids FILE.json.',
    });
  }
  if (source.ids !== undefined) return { kind: 'ids', ids: await readIds(source.ids) };
  const text = source.text ?? (await readText(source.file!));
  return { kind: 'text', text, bos: source.bos ?? bosByDefault };
}

async function readIds(file: string) {
  const text = await readText(file);
  try {
    return Int32Array.from(idsSchema.parse(JSON.parse(text)));
  } catch (cause) {
    throw new AppError('bad-request', `${file} holds no list of token ids.`, {
      hint: 'Write [1, 2, 3] or {"ids": [1, 2, 3]}.',
      cause,
    });
  }
}

/** Throws `io` for what cannot be read or is not UTF-8. */
export async function readText(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new AppError('io', `${file} could not be read.`, { hint: 'Check the path.', cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('io', `${file} is not UTF-8 text.`, { hint: 'Save it as UTF-8.', cause });
  }
}
