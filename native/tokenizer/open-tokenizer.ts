import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { AppError } from '../../shared/base/app-error.ts';
import { correctBlanks } from './correct-blanks.ts';
import { cutAtWords } from './cut-at-words.ts';
import { HuggingFaceTokenizer } from './hugging-face-tokenizer.ts';
import type { ModelTokenizer } from './model-tokenizer.ts';
import { describeBareId } from './vocabulary.ts';

export type { ModelTokenizer } from './model-tokenizer.ts';

export interface OpenTokenizerOptions {
  /** Rows of the model's embedding. */
  readonly vocabSize: number;
  /** `bos_token_id` of config.json; counts where the tokenizer's own files have no BOS token. */
  readonly bosId: number | null;
}

/** Several times the largest published one. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

/** Other forms of a tokenizer, which the reason for id mode names. */
const OTHER_FORMS = ['tokenizer.model', 'vocab.json', 'vocab.txt', 'tekken.json', 'spiece.model'];

type Json = Readonly<Record<string, unknown>>;

/**
 * Opens tokenizer.json of a model folder, with tokenizer_config.json and special_tokens_map.json where there are any.
 * Without tokenizer.json the model works in id mode.
 *
 * @throws AppError `tokenizer-invalid` where a file is there but cannot be used, `io`
 */
export async function openTokenizer(folder: string, options: OpenTokenizerOptions): Promise<ModelTokenizer> {
  const json = await readJson(folder, 'tokenizer.json');
  if (!json) return idMode(folder, options);
  const config = (await readJson(folder, 'tokenizer_config.json')) ?? {};
  const special = (await readJson(folder, 'special_tokens_map.json')) ?? {};
  const tokenizer = build(json, config);
  const warnings: string[] = [];

  const named = contentOf(config['bos_token']) ?? contentOf(special['bos_token']);
  const prefix = tokenizer.prefixIds();
  const namedId = named === undefined ? undefined : tokenizer.idOf(named);
  const bosId = usableBos(namedId ?? prefix[0] ?? options.bosId, options, warnings);
  warnUnusable(json, options.vocabSize, warnings);
  return {
    available: true,
    bosId,
    bosByDefault: bosId !== null && (booleanOf(config['add_bos_token']) ?? prefix.includes(bosId)),
    warnings,
    describe: (id) => tokenizer.describe(id),
    bytes: (id) => tokenizer.bytes(id),
    encode: (text, { bos }) => tokenizer.encode(text, bos ? bosId : null),
  };
}

function build(json: Json, config: Json): HuggingFaceTokenizer {
  const model = json['model'];
  if (typeof model !== 'object' || model === null || !('vocab' in model)) {
    throw invalid('tokenizer.json has no model with a vocabulary');
  }
  const complete = {
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    added_tokens: [],
    ...json,
  };
  try {
    const library = new Tokenizer(complete, config);
    correctBlanks(library);
    cutAtWords(library);
    const tokenizer = new HuggingFaceTokenizer(library, json);
    // Most mistakes of a tokenizer.json show only when something is encoded.
    tokenizer.prefixIds();
    tokenizer.encode('A b.', null);
    return tokenizer;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw invalid(`tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

async function idMode(folder: string, options: OpenTokenizerOptions): Promise<ModelTokenizer> {
  const found: string[] = [];
  for (const name of OTHER_FORMS) if (await isFile(join(folder, name))) found.push(name);
  const but = found.length === 0 ? '' : `, only ${found.join(' and ')}`;
  const warnings: string[] = [];
  return {
    available: false,
    reason: `The model folder holds no tokenizer.json${but}.`,
    bosId: usableBos(options.bosId, options, warnings),
    bosByDefault: false,
    warnings,
    describe: describeBareId,
    bytes: () => new Uint8Array(0),
  };
}

function usableBos(id: number | null, { vocabSize }: OpenTokenizerOptions, warnings: string[]): number | null {
  if (id === null || id < vocabSize) return id;
  warnings.push(`The BOS token has the id ${id}, but the model’s vocabulary ends at ${vocabSize - 1}: it is not used.`);
  return null;
}

/** Added tokens past the embedding can be typed but not computed. */
function warnUnusable(json: Json, vocabSize: number, warnings: string[]): void {
  const added = (json['added_tokens'] ?? []) as readonly { id: number; content: string }[];
  const past = added.filter(({ id }) => id >= vocabSize);
  if (past.length === 0) return;
  const names = past.slice(0, 3).map(({ content, id }) => `“${content.slice(0, 40)}” (${id})`);
  const more = past.length > names.length ? ` and ${past.length - names.length} more` : '';
  warnings.push(
    `The tokenizer knows ${names.join(', ')}${more}, but the model’s vocabulary ends at ${vocabSize - 1}: they cannot be used in a prompt.`,
  );
}

async function readJson(folder: string, name: string): Promise<Json | undefined> {
  const path = join(folder, name);
  if (!(await isFile(path))) return undefined;
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw invalid(`${name} holds ${size} bytes, past the limit of ${MAX_FILE_BYTES}`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('io', `${name} could not be read.`, { hint: 'Check that you may read the file.', cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${name} is not valid JSON`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${name} is not a JSON object`);
  return value as Json;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

/** A token in the configuration: its text, or an object that holds it. */
function contentOf(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  if (typeof token !== 'object' || token === null || !('content' in token)) return undefined;
  return typeof token.content === 'string' ? token.content : undefined;
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function invalid(found: string, cause?: unknown): AppError {
  return new AppError('tokenizer-invalid', `${found}.`, {
    hint: 'Download the tokenizer again, or move tokenizer.json away to open the model in id mode.',
    ...(cause === undefined ? {} : { cause }),
  });
}
