/** The scores that a figure names: of its run, of the weights, or brought along where they come from elsewhere. */
import { AppError } from '../base/app-error.ts';
import type { RunSummary } from '../model/run.ts';
import type { ScoreData, ScoreParameters, ScoreTable } from '../model/score.ts';
import { hasValues } from '../view/atlas/head-order.ts';
import { usedText } from '../view/used-parameters.ts';
import { orNote } from './parts/or-note.ts';
import type { FigureSource } from './source.ts';

export interface FigureScore {
  readonly key: string;
  readonly table: ScoreTable;
  readonly values: Float64Array;
  /** Empty: of the run or the weights. */
  readonly origin: string;
}

/** What one prompt can have. */
const OF_A_PROMPT: readonly ScoreData[] = ['text', 'repeat'];

/** Parameters other than the defaults, by score. */
export type FigureScoreParameters = Readonly<Record<string, ScoreParameters>>;

/** Those that cost nothing beyond the run, as far as they have values. */
export async function quickScores(source: FigureSource, { runId }: RunSummary): Promise<readonly FigureScore[]> {
  const { scores } = await source.ask('run.scores', { runId });
  return scores.flatMap((table) => {
    // A stored run answers with everything that it holds.
    const values = table.info.cost === 'run' ? valuesOf(source, table) : undefined;
    return values ? [{ key: table.info.id, table, values, origin: '' }] : [];
  });
}

/**
 * All that have values: what the run has or gets by another pass over its attention, then those that were brought along.
 * What a stored run does not hold is left out, with a note.
 */
export async function scoresOfRun(
  source: FigureSource,
  run: RunSummary,
  parameters: FigureScoreParameters,
  notes: string[],
): Promise<readonly FigureScore[]> {
  const { scores: list } = await source.ask('score.list', {});
  const wanted = list.filter(({ cost, data }) => (cost === 'run' || cost === 'pass') && OF_A_PROMPT.includes(data));
  const ids = wanted.map(({ id }) => id);
  const scoreParameters = Object.fromEntries(
    ids.flatMap((id) => (parameters[id] ? [[id, { ...parameters[id] }] as const] : [])),
  );
  const further =
    ids.length === 0
      ? undefined
      : await orNote(notes, 'Scores that are computed on demand', () =>
          source.ask('run.scores', { runId: run.runId, scores: ids, scoreParameters }),
        );
  const own = further
    ? further.scores.flatMap((table) => {
        const values = valuesOf(source, table);
        return values ? [{ key: table.info.id, table, values, origin: '' }] : [];
      })
    : await quickScores(source, run);
  const brought = (source.scores ?? []).flatMap(({ key, table, origin }) => {
    const values = valuesOf(source, table);
    return values ? [{ key, table, values, origin }] : [];
  });
  return [...own, ...brought];
}

/** Each of the named ones. Throws `bad-request` for one that is not there, and for one that has no values. */
export async function findScores(
  source: FigureSource,
  run: RunSummary,
  keys: readonly string[],
  parameters: FigureScoreParameters,
): Promise<readonly FigureScore[]> {
  const { scores: quick } = await source.ask('run.scores', { runId: run.runId });
  const found: FigureScore[] = [];
  for (const key of keys) {
    const brought = source.scores?.find((one) => one.key === key);
    const isAsIs = Object.keys(parameters[key] ?? {}).length === 0;
    const table =
      brought?.table ??
      (isAsIs ? quick.find(({ info }) => info.id === key) : undefined) ??
      (await askFor(source, run, key, parameters[key] ?? {}));
    if (!table) {
      throw new AppError('bad-request', `There is no score “${key}” of this run.`, {
        hint: `Scores are ${quick.map(({ info }) => info.id).join(', ')}; others are those of \`headscope scores --list\`.`,
      });
    }
    const values = valuesOf(source, table);
    if (!values) {
      throw new AppError('bad-request', `${table.info.name} has no values here. ${table.notApplicable ?? ''}`.trim(), {
        hint: 'Choose another score.',
      });
    }
    found.push({ key, table, values, origin: brought?.origin ?? '' });
  }
  return found;
}

async function askFor(
  { ask }: FigureSource,
  { runId }: RunSummary,
  id: string,
  parameters: ScoreParameters,
): Promise<ScoreTable | undefined> {
  const info = (await ask('score.list', {})).scores.find((score) => score.id === id);
  if (!info) return undefined;
  const choice = { scores: [id], scoreParameters: { [id]: { ...parameters } } };
  const { scores } =
    info.cost === 'weights' ? await ask('model.scores', choice) : await ask('run.scores', { runId, ...choice });
  return scores[0];
}

function valuesOf({ model }: FigureSource, table: ScoreTable): Float64Array | undefined {
  return table.values && hasValues(table, model.layers, model.heads) ? table.values : undefined;
}

/** `Induction: ... Over Needle, 20 prompts, seed 0. With Sink keys 8.` */
export function scoreSentence({ table, origin }: FigureScore): string {
  const { info } = table;
  const used = usedText(table);
  return [
    `${info.name}: ${info.definition}`,
    origin === '' ? '' : `From ${origin}.`,
    used === '' ? '' : `With ${used}.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
