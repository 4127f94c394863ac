/** Opens a model folder: configuration, family, weights, tokenizer. Nothing is computed yet. */
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import { ConfigReader, type JsonObject } from '../families/config-reader.ts';
import type { Architecture, Family } from '../families/family.ts';
import { GraphWeights, type WeightTensor } from '../families/graph-weights.ts';
import { findFamily } from '../families/index.ts';
import { describeRope } from '../families/rope.ts';
import { buildSegment, buildUnembedding } from '../forward/segment-graphs.ts';
import { checkFinite, fingerprint, openWeights, type WeightIndex } from '../safetensors/index.ts';
import { openTokenizer, type ModelTokenizer } from '../tokenizer/open-tokenizer.ts';

export interface OpenModel {
  readonly info: ModelInfo;
  readonly architecture: Architecture;
  readonly weights: GraphWeights;
  /** Folder that the weights' file names are relative to. */
  readonly weightsFolder: string;
  readonly tokenizer: ModelTokenizer;
  /** Tokens that end a generation, from config.json and generation_config.json. */
  readonly endIds: readonly number[];
}

export interface OpenModelOptions {
  readonly folder: string;
  readonly source: ModelInfo['source'];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Families that open; default: the registry. */
  readonly families?: readonly Family[] | undefined;
}

/**
 * Throws `not-a-model`, `config-invalid`, `unsupported-architecture`, `unsupported-config`, `weights-*`,
 * `tokenizer-invalid` or `io`, each with what was found and what to do.
 */
export async function openModel({
  folder,
  source,
  signal,
  onProgress,
  families,
}: OpenModelOptions): Promise<OpenModel> {
  const step = (phase: string, done: number) => {
    if (signal?.aborted === true) throw new CancelledError();
    onProgress?.({ phase, done, total: 4, etaMs: null });
  };
  step('Reading config.json', 0);
  const { config, text: configText } = await readConfig(folder);
  const { family, architecture: architectureName } = findFamily(config, families);
  const reader = new ConfigReader(config);
  reader.raw('model_type');
  reader.raw('architectures');
  const architecture = family.read(reader);
  const special = specialIds(reader, await readGenerationConfig(folder), architecture.vocabSize);

  step('Reading the weights’ headers', 1);
  const index = await openWeights(folder);
  const { tensors, weightsFolder } = relativeTensors(index);
  const weights = new GraphWeights(tensors);
  // Building every graph once finds missing and misshapen tensors now, not in the middle of a run.
  for (let segment = 0; segment <= architecture.layers; segment++) buildSegment(architecture, weights, segment, []);
  buildUnembedding(architecture, weights, false);

  step('Checking the weights for NaN', 2);
  await checkFinite(index, [...weights.used], signal);

  step('Reading the tokenizer', 3);
  const tokenizer = await openTokenizer(folder, { vocabSize: architecture.vocabSize, bosId: special.bosId });
  const used = [...weights.used].map((name) => index.tensors.get(name)!);
  const dtypes = new Set(used.map(({ dtype }) => dtype));
  const bos = tokenizer.bosId === null ? null : { id: tokenizer.bosId, text: tokenizer.describe(tokenizer.bosId).text };
  const info: ModelInfo = {
    modelId: await fingerprint(index, [configText]),
    name: modelName(folder, config, source),
    path: folder,
    source,
    family: family.name,
    architecture: architectureName,
    layers: architecture.layers,
    heads: architecture.heads,
    kvHeads: architecture.kvHeads,
    headDim: architecture.headDim,
    dModel: architecture.dModel,
    vocabSize: architecture.vocabSize,
    context: architecture.context,
    dtype: dtypes.size === 1 ? ([...dtypes][0] as ModelInfo['dtype']) : 'mixed',
    parameters: used.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    weightsBytes: used.reduce((sum, { byteLength }) => sum + byteLength, 0),
    slidingWindow: architecture.slidingWindow,
    rope: describeRope(architecture.rope),
    tokenizer: tokenizer.available ? { available: true } : { available: false, reason: tokenizer.reason },
    bos,
    bosByDefault: tokenizer.bosByDefault,
    ignoredFields: reader.ignored(),
    warnings: [...special.warnings, ...tokenizer.warnings, ...unreadTensors(index, weights.used)],
  };
  return { info, architecture, weights, weightsFolder, tokenizer, endIds: special.endIds };
}

async function readConfig(folder: string): Promise<{ config: JsonObject; text: string }> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) {
    throw new AppError('not-a-model', `“${folder}” is ${stats === undefined ? 'not there' : 'not a folder'}.`, {
      hint: 'Open the folder that holds config.json and model.safetensors.',
    });
  }
  let text: string;
  try {
    text = await readFile(path.join(folder, 'config.json'), 'utf8');
  } catch (cause) {
    throw new AppError('not-a-model', `“${folder}” holds no readable config.json.`, {
      hint: 'Open a folder in Hugging Face layout: config.json, model.safetensors, tokenizer.json.',
      cause,
    });
  }
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && !Array.isArray(config))
      return { config: config as JsonObject, text };
  } catch {
    // Falls through to the same sentence as other content that is no object.
  }
  throw new AppError('config-invalid', 'config.json is not a JSON object.', {
    hint: 'Download the file again; it may be an error page or cut off.',
  });
}

/** ONNX Runtime reads external data from one folder: the nearest one that holds every (real) file. */
function relativeTensors(index: WeightIndex): { tensors: Map<string, WeightTensor>; weightsFolder: string } {
  const folders = [...new Set(index.files.map(({ realFolder }) => realFolder))];
  const weightsFolder = folders.reduce(commonFolder);
  const tensors = new Map<string, WeightTensor>();
  for (const [name, entry] of index.tensors) {
    tensors.set(name, {
      dtype: entry.dtype,
      shape: entry.shape,
      file: path.relative(weightsFolder, path.join(entry.file.realFolder, entry.file.realName)),
      offset: entry.offset,
      byteLength: entry.byteLength,
    });
  }
  return { tensors, weightsFolder };
}

function commonFolder(a: string, b: string): string {
  let folder = a;
  while (path.relative(folder, b).startsWith('..')) folder = path.dirname(folder);
  return folder;
}

/** The BOS id, and a warning for each special id that has no embedding (published models carry such leftovers). */
interface SpecialIds {
  readonly bosId: number | null;
  readonly endIds: readonly number[];
  readonly warnings: readonly string[];
}

/** Ids outside the vocabulary warn and are left out. */
function specialIds(reader: ConfigReader, generation: JsonObject, vocabSize: number): SpecialIds {
  const warnings: string[] = [];
  const read = (file: string, key: string, value: unknown): number[] => {
    const all: unknown[] = Array.isArray(value) ? value : [value];
    const ids = all.filter((id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0);
    for (const id of ids.filter((each) => each >= vocabSize)) {
      warnings.push(`${file} gives ${key} ${id}, outside the vocabulary of ${vocabSize}; it is ignored.`);
    }
    return ids.filter((id) => id < vocabSize);
  };
  const fromConfig = (key: string) => read('config.json', key, reader.raw(key));
  const endIds = [
    ...fromConfig('eos_token_id'),
    ...read('generation_config.json', 'eos_token_id', generation['eos_token_id']),
  ];
  return { bosId: fromConfig('bos_token_id')[0] ?? null, endIds: [...new Set(endIds)], warnings };
}

/** generation_config.json, or nothing where there is none that can be read: it only adds end tokens. */
async function readGenerationConfig(folder: string): Promise<JsonObject> {
  try {
    const value: unknown = JSON.parse(await readFile(path.join(folder, 'generation_config.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

/** Buffers that old checkpoints carry, and the copy of a tied embedding: nothing is lost without them. */
const SPARE_TENSORS = /(?:^|\.)(?:rotary_emb\.inv_freq|attn\.(?:masked_)?bias)$|^lm_head\.weight$/;

/** A warning where the weights hold more than is computed with, such as biases that config.json does not mention. */
function unreadTensors(index: WeightIndex, used: ReadonlySet<string>): string[] {
  const unread = [...index.tensors.keys()].filter((name) => !used.has(name) && !SPARE_TENSORS.test(name));
  if (unread.length === 0) return [];
  const names = unread.slice(0, 3).map((name) => `“${name.slice(0, 80)}”`);
  const more = unread.length > names.length ? ` and ${unread.length - names.length} more` : '';
  return [`The weights hold tensors that config.json does not call for; they are ignored: ${names.join(', ')}${more}.`];
}

function modelName(folder: string, config: JsonObject, source: ModelInfo['source']): string {
  if (source === 'shipped') return 'demo';
  // A Hugging Face cache snapshot is .../models--org--name/snapshots/<hash>.
  const cached = /models--(.+?)[\\/]snapshots[\\/]/.exec(folder);
  if (cached?.[1] !== undefined) return cached[1].replaceAll('--', '/');
  const given = config['_name_or_path'];
  return path.basename(folder) || (typeof given === 'string' ? given : 'model');
}

/** Real path of a folder; the path itself where it does not exist, so that the error comes from reading it. */
export async function resolveFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => path.resolve(folder));
}
