/**
 * Scores that others published, as tables beside ours: gate tables of DuoAttention (`full_attention_heads.tsv`, Xiao et
 * al. 2024, arXiv 2410.10819) and score files of Retrieval_Head (`head_score/*.json`, Wu et al. 2024, arXiv 2404.15574).
 */
import { AppError } from '../base/app-error.ts';
import { aggregateScores } from './aggregate-scores.ts';
import { Bootstrap } from './bootstrap.ts';
import type { ModelInfo } from './model-info.ts';
import type { ScoreInfo, ScoreTable } from './score.ts';

export interface ImportedFile {
  /** Without its folder. */
  readonly name: string;
  readonly text: string;
}

type Shape = Pick<ModelInfo, 'layers' | 'heads' | 'kvHeads'>;

const MOST_CHARACTERS = 64 * 2 ** 20;

/**
 * A gate table, or a JSON object of scores: which of them it is the first character tells. `breathe` is awaited between
 * heads. Throws `bad-request` for a file of another shape than the model, and for what is in neither form; `too-large`.
 */
export async function importScores(
  file: ImportedFile,
  model: Shape,
  breathe: () => Promise<void>,
): Promise<ScoreTable> {
  if (file.text.length > MOST_CHARACTERS) {
    throw new AppError('too-large', `${file.name} is over 64 MiB.`, { hint: 'Tables of head scores are smaller.' });
  }
  const text = file.text.replace(/^\uFEFF/, '').trim();
  return text.startsWith('{') || text.startsWith('[')
    ? readScoreFile(file.name, text, model, breathe)
    : readGates(file.name, text, model);
}

/** Rows are layers, columns KV heads, separated by tabs, other blanks or commas. The gate of a group is that of its heads. */
function readGates(file: string, text: string, { layers, heads, kvHeads }: Shape): ScoreTable {
  const rows = text.split(/\r?\n/).map((line) => line.trim().split(/[\s,]+/));
  const columns = rows[0]!.length;
  rows.forEach((row, layer) => {
    const wrong = row.find((cell) => !Number.isFinite(Number(cell)) || cell === '');
    if (wrong !== undefined) {
      throw invalid(file, `“${wrong.slice(0, 40)}” in line ${layer + 1} is no number`, FORMS);
    }
    if (row.length !== columns) {
      throw invalid(file, `line ${layer + 1} has ${row.length} columns, line 1 has ${columns}`, FORMS);
    }
  });
  if (rows.length !== layers || columns !== kvHeads) {
    throw invalid(
      file,
      `it has ${rows.length} layers x ${columns} KV heads, this model ${layers} x ${kvHeads}`,
      OF_THIS_MODEL,
    );
  }
  const perGroup = heads / kvHeads;
  const values = new Float64Array(layers * heads);
  rows.forEach((row, layer) => {
    for (let head = 0; head < heads; head++) {
      const gate = Number(row[Math.floor(head / perGroup)]);
      values[layer * heads + head] = Math.min(1, Math.max(0, gate));
    }
  });
  const info: ScoreInfo = {
    ...importedInfo(file),
    name: `DuoAttention gate, ${file}`,
    unit: 'gate',
    definition:
      'Gate of a KV group, learnt so that the output stays the same while gates are pushed to 0: how much of full attention the group keeps, the rest being sink and window. Many gates are exactly 1, so it tells which groups to keep, not which matter most. Values outside 0 to 1 are cut, as in training.',
    source: 'Xiao et al. 2024, DuoAttention, section 2 (arXiv 2410.10819)',
    granularity: 'kv-group',
    data: 'needle',
  };
  return { info, values, notApplicable: null, parameters: {}, floor: null, spread: null };
}

/** `{"layer-head": [score of each sample]}`, of every head as many. */
async function readScoreFile(
  file: string,
  text: string,
  { layers, heads }: Shape,
  breathe: () => Promise<void>,
): Promise<ScoreTable> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'it is not JSON', FORMS, cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid(file, 'it is no JSON object', FORMS);
  }
  const entries = Object.entries(parsed).map(([key, scores]) => readEntry(file, key, scores));
  if (entries.length === 0) throw invalid(file, 'it holds no heads', FORMS);
  const found = {
    layers: 1 + entries.reduce((most, { layer }) => Math.max(most, layer), 0),
    heads: 1 + entries.reduce((most, { head }) => Math.max(most, head), 0),
  };
  if (found.layers !== layers || found.heads !== heads) {
    throw invalid(
      file,
      `it has ${found.layers} layers x ${found.heads} heads, this model ${layers} x ${heads}`,
      OF_THIS_MODEL,
    );
  }
  const byHead = new Map(entries.map(({ layer, head, scores }) => [layer * heads + head, scores]));
  if (byHead.size !== layers * heads) {
    throw invalid(file, `it names ${byHead.size} of ${layers * heads} heads`, OF_THIS_MODEL);
  }
  const samples = entries[0]!.scores.length;
  const uneven = entries.find(({ scores }) => scores.length !== samples);
  if (uneven !== undefined) {
    throw invalid(
      file,
      `head ${uneven.key} has ${uneven.scores.length} scores, head ${entries[0]!.key} has ${samples}`,
      FORMS,
    );
  }
  if (samples === 0) throw invalid(file, 'its heads have no scores', FORMS);
  const over = entries.filter(({ scores }) => scores.some((score) => score > 1)).length;
  const idle = Array.from({ length: samples }).filter((_, sample) =>
    entries.every(({ scores }) => scores[sample] === 0),
  ).length;
  const info = scoreFileInfo(file, over, idle);
  const prompts = Array.from({ length: samples }, (_, sample): ScoreTable => ({
    info,
    values: Float64Array.from({ length: layers * heads }, (_value, index) => byHead.get(index)![sample]!),
    notApplicable: null,
    parameters: {},
    floor: null,
    spread: null,
  }));
  return aggregateScores(prompts, new Bootstrap(0), breathe);
}

/** `over`: heads with a score above 1. `idle`: samples in which no head has a score above 0. */
function scoreFileInfo(file: string, over: number, idle: number): ScoreInfo {
  const counts = ` ${over === 1 ? '1 head has' : `${over} heads have`} scores above 1: the code that wrote the file counts every step that hits, also the second time round in a loop, not needle tokens as the paper does.`;
  const unsearched = ` In ${idle === 1 ? '1 sample' : `${idle} samples`} no head hits at all, most likely because the needle was not found in its prompt: they pull all means and active shares down.`;
  return {
    ...importedInfo(file),
    name: `Retrieval, ${file}`,
    unit: 'share of the needle',
    definition: `Steps of a needle’s answer at which the head’s strongest key lay on the needle and held the generated token, over the needle’s length; mean over the samples of the file, which are those answered well enough.${over > 0 ? counts : ''}${idle > 0 ? unsearched : ''}`,
    source:
      'Wu et al. 2024, Retrieval Head Mechanistically Explains Long-Context Factuality (arXiv 2404.15574), their code',
    granularity: 'head',
    data: 'needle',
    domain: [0, over > 0 ? null : 1],
  };
}

interface Entry {
  readonly key: string;
  readonly layer: number;
  readonly head: number;
  readonly scores: readonly number[];
}

function readEntry(file: string, key: string, scores: unknown): Entry {
  const match = /^(\d{1,4})-(\d{1,4})$/.exec(key);
  if (!match) throw invalid(file, `“${key.slice(0, 40)}” is no layer-head`, FORMS);
  if (!Array.isArray(scores)) throw invalid(file, `head ${key} has no list of scores`, FORMS);
  const wrong = scores.findIndex((score) => typeof score !== 'number' || !Number.isFinite(score) || score < 0);
  if (wrong >= 0) {
    throw invalid(file, `score ${wrong + 1} of head ${key} is ${String(scores[wrong])}, no number from 0 up`, FORMS);
  }
  return { key, layer: Number(match[1]), head: Number(match[2]), scores: scores as number[] };
}

function importedInfo(file: string) {
  const slug = file.replace(/\.\w+$/, '').replaceAll(/[^\w-]+/g, '-');
  return {
    id: `imported-${slug}`.slice(0, 64),
    group: 'imported',
    badge: 'imported',
    cost: 'forwards',
    parameters: [],
    floor: null,
    domain: [0, 1],
  } as const;
}

const FORMS =
  'It takes tables of numbers with a line a layer and a column a KV head (DuoAttention), and JSON {"layer-head": [scores]} (Retrieval_Head).';
const OF_THIS_MODEL = 'Open the model that the file belongs to.';

function invalid(file: string, found: string, hint: string, cause?: unknown): AppError {
  return new AppError('bad-request', `${file} cannot be imported: ${found}.`, { hint, cause });
}
