import { basename } from 'node:path';
import { AppError } from '../../../shared/base/app-error.ts';
import { probeItem, type ParamsOf } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import { importScores } from '../../../shared/model/import-scores.ts';
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { ScoreInfo, ScoreParameters, ScoreTable } from '../../../shared/model/score.ts';
import type { Console } from '../console.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { readPrompt, readText } from '../prompt-source.ts';
import { readScoreParameters } from '../score-parameters.ts';
import { withEngine, type EngineSession } from '../with-engine.ts';
import { refuseIgnored, refuseUnused } from './refuse-ignored.ts';
import type { ScoresOptions } from './scores-options.ts';
import { probeParts, valuesOf, type ScoresResult } from './scores-result.ts';
import { formatCsv, formatScoreList, formatScores } from './scores-text.ts';
import { parseItems, readNumbers, readParameters } from './task.ts';

const DEFAULT_SAMPLES = 10;

/**
 * `headscope scores`: scores of every head on a prompt or over a probe set, of the weights alone, and of files that
 * others wrote. Without names everything that costs no further forwards.
 */
export async function runScores(console: Console, options: ScoresOptions): Promise<void> {
  if (options.list === true) return listScores(console, options);
  if (options.format !== undefined && !['json', 'csv'].includes(options.format)) {
    throw new AppError('bad-request', `There is no format “${options.format}”.`, { hint: 'Use json or csv.' });
  }
  const { model: folder } = options;
  if (folder === undefined) {
    throw new AppError('bad-request', 'No model was given.', { hint: 'Add --model with a folder, or --model demo.' });
  }
  refuseIgnored(options);
  const result = await withEngine(console, options, async (session): Promise<ScoresResult> => {
    const { handlers } = session.engine;
    const info = await handlers['model.open']({ path: folder }, session.context);
    noteDevice(console, info);
    const { scores: known } = await handlers['score.list']({}, session.context);
    const asked = askedScores(options, known);
    const imported = await importFiles(options.import ?? [], info);
    const clock = new Clock();
    const prompts = await clock.measure('prompts', () => scorePrompts(session, info, options, asked));
    const weights = await clock.measure('weights', () => scoreWeights(session, asked));
    const tables = [...prompts.tables, ...weights, ...imported];
    const counted = tables.filter(({ values }) => values !== null).length;
    console.note(`${counted} scores of ${info.layers * info.heads} heads: ${clock.text()}.`);
    const scores = valuesOf(info, tables);
    const about = { model: info.name, provider: providerOf(info) };
    const { probe } = prompts;
    if (probe === null) return { ...about, task: null, scores };
    return { ...about, task: probe.probe, ...probeParts(info, scores, probe) };
  });
  if (options.format === 'csv' && !console.json) {
    console.result(result, () => formatCsv(result));
  } else if (options.format === 'json') {
    console.result(result, () => JSON.stringify(result, null, 2));
  } else {
    console.result(result, () => formatScores(result));
  }
}

/** With a model also the probe sets, which not every model can be given. */
async function listScores(console: Console, options: ScoresOptions): Promise<void> {
  const found = await withEngine(console, options, async ({ engine: { handlers }, context }) => {
    const { scores } = await handlers['score.list']({}, context);
    if (options.model === undefined) return { scores, probes: [] };
    await handlers['model.open']({ path: options.model }, context);
    return { scores, probes: (await handlers['probe.list']({}, context)).probes };
  });
  console.result(found, () => formatScoreList(found.scores, found.probes));
}

interface AskedScores {
  /** Of prompts; undefined where all are wanted that cost no further forwards. */
  readonly ofPrompts: readonly string[] | undefined;
  readonly ofWeights: readonly string[];
  readonly parameters: Readonly<Record<string, ScoreParameters>>;
  readonly known: readonly ScoreInfo[];
}

/** Throws `bad-request` for a score that there is none of. */
function askedScores({ scores, scoreParam = [] }: ScoresOptions, known: readonly ScoreInfo[]): AskedScores {
  const parameters = readScoreParameters(scoreParam, known);
  const weights = known.filter(({ cost }) => cost === 'weights').map(({ id }) => id);
  if (scores === undefined || scores === 'all') return { ofPrompts: undefined, ofWeights: weights, parameters, known };
  const named = scores.split(',').map((id) => id.trim());
  const unknown = named.find((id) => !known.some((info) => info.id === id));
  if (unknown !== undefined) {
    throw new AppError('bad-request', `There is no score “${unknown}”.`, {
      hint: `The scores are ${known.map(({ id }) => id).join(', ')}. \`headscope scores --list\` says what they need.`,
    });
  }
  return {
    ofPrompts: named.filter((id) => !weights.includes(id)),
    ofWeights: weights.filter((id) => named.includes(id)),
    parameters,
    known,
  };
}

type Probe = Awaited<ReturnType<EngineSession['engine']['handlers']['probe.run']>>;

/** On the prompt or the probe set that was given; neither is needed where only weights and files are asked for. */
async function scorePrompts(
  { engine: { handlers }, context }: EngineSession,
  info: ModelInfo,
  options: ScoresOptions,
  asked: AskedScores,
): Promise<{ readonly tables: readonly ScoreTable[]; readonly probe: Probe | null }> {
  const prompted = [options.text, options.file, options.ids].some((value) => value !== undefined);
  const task = options.task ?? (options.probeFile === undefined ? undefined : 'file');
  if (prompted && task !== undefined) {
    throw new AppError('bad-request', 'Both a prompt and a task were given.', { hint: 'Give one of them.' });
  }
  const { ofPrompts, parameters } = asked;
  const nothing = ofPrompts?.length === 0 || (ofPrompts === undefined && (options.import ?? []).length > 0);
  const byWeights = asked.known.filter(({ id }) => asked.ofWeights.includes(id));
  if (nothing && !prompted && task === undefined) {
    refuseUnused(parameters, byWeights);
    return { tables: [], probe: null };
  }
  const given = (ids: readonly string[]): Record<string, ScoreParameters> =>
    Object.fromEntries(Object.entries(parameters).filter(([id]) => ids.includes(id)));
  if (task === undefined) {
    const ids = ofPrompts ?? asked.known.filter(onEveryPrompt).map(({ id }) => id);
    const computed = asked.known.filter(({ id }) => ids.includes(id));
    refuseOnPrompt(computed);
    refuseUnused(parameters, [...computed, ...byWeights]);
    const prompt = await readPrompt(options, info.bosByDefault);
    const choice = { scores: [...ids], scoreParameters: given(ids) };
    const { runId } = await handlers['run.start']({ prompt, interventions: [], cut: false, ...choice }, context);
    return { tables: (await handlers['run.scores']({ runId, ...choice }, context)).scores, probe: null };
  }
  const inProbes = asked.known.filter((info) => ofPrompts?.includes(info.id) ?? onEveryProbe(info));
  refuseUnused(parameters, [...inProbes, ...byWeights]);
  const request: ParamsOf<'probe.run'> = {
    task,
    parameters: readParameters(options.param ?? []),
    lengths: readNumbers('--lengths', options.lengths),
    depths: readNumbers('--depths', options.depths),
    samples: options.samples ?? DEFAULT_SAMPLES,
    seed: options.seed ?? 0,
    items: options.probeFile === undefined ? [] : parseItems(await readText(options.probeFile), probeItem, ITEM_HINT),
    scoreParameters: given(asked.known.filter(({ cost }) => cost !== 'weights').map(({ id }) => id)),
    ...(ofPrompts === undefined ? {} : { scores: [...ofPrompts] }),
  };
  const probe = await handlers['probe.run'](parseParams('probe.run', request), context);
  return { tables: probe.scores, probe };
}

const ITEM_HINT =
  'Write {"prompt": "..."} on one line, with an "answer" where there is one; each may be a list of token ids instead.';

/** Those that any prompt can be given without further forwards. */
const onEveryPrompt = ({ cost, data }: ScoreInfo): boolean =>
  (cost === 'run' || cost === 'pass') && (data === 'text' || data === 'repeat');

/** Those that a probe set is given without being asked for, where it holds what they need. */
const onEveryProbe = ({ cost, data }: ScoreInfo): boolean => cost === 'run' || cost === 'pass' || data === 'needle';

/** Throws `bad-request` for what one prompt cannot tell. */
function refuseOnPrompt(scores: readonly ScoreInfo[]): void {
  const refused = scores.find(({ data }) => data === 'needle' || data === 'choices');
  if (refused === undefined) return;
  const hint =
    refused.data === 'needle'
      ? 'Give a probe set with needles instead of the prompt: --task needle.'
      : 'Give questions instead of the prompt: --task choices.';
  throw new AppError('bad-request', `The score ${refused.id} is not of one prompt.`, { hint });
}

async function scoreWeights(
  { engine, context }: EngineSession,
  { ofWeights, parameters }: AskedScores,
): Promise<readonly ScoreTable[]> {
  if (ofWeights.length === 0) return [];
  const scoreParameters = Object.fromEntries(Object.entries(parameters).filter(([id]) => ofWeights.includes(id)));
  return (await engine.handlers['model.scores']({ scores: [...ofWeights], scoreParameters }, context)).scores;
}

async function importFiles(files: readonly string[], info: ModelInfo): Promise<ScoreTable[]> {
  const tables: ScoreTable[] = [];
  for (const file of files) {
    const imported = { name: basename(file), text: await readText(file) };
    tables.push(await importScores(imported, info, () => Promise.resolve()));
  }
  return tables;
}

/** What took how long, for the line on standard error. */
class Clock {
  readonly #parts: string[] = [];

  async measure<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    const milliseconds = performance.now() - started;
    if (milliseconds >= 1) this.#parts.push(`${what} ${Math.round(milliseconds)} ms`);
    return result;
  }

  text(): string {
    return this.#parts.join(', ') || 'at once';
  }
}
