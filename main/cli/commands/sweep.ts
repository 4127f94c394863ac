import { AppError } from '../../../shared/base/app-error.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import {
  EFFECT_METRICS,
  effectSize,
  type Change,
  type ComparedTokens,
  type Effect,
  type EffectMetric,
  type HeadSweep,
  type SweepWork,
} from '../../../shared/model/effect.ts';
import { activeInterventions, type FinalNorm } from '../../../shared/model/intervention.ts';
import { formatIntervention, parseIntervention, parseInterventions } from '../../../shared/model/intervention-text.ts';
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import { formatPlace, PLACE_KINDS, type Place, type PlaceKind } from '../../../shared/model/place.ts';
import { changeText } from '../../../shared/view/effects/change-text.ts';
import { METRIC_WORDS } from '../../../shared/view/effects/metric-words.ts';
import { cautionsOf } from '../cautions.ts';
import type { Console } from '../console.ts';
import { readEffectPrompt } from '../effect-prompt.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { formatTable } from '../table.ts';
import { withEngine } from '../with-engine.ts';
import { readFinalNorm } from './ablate.ts';
import type { SweepOptions } from './sweep-options.ts';

/** Lines of the table, where no other number is asked for. */
const DEFAULT_TOP = 20;

/** What `headscope sweep --json` prints: places in the order of the metric, largest effect first. */
export interface SweepResult {
  readonly model: string;
  /** Execution provider that computed. */
  readonly provider: string;
  readonly task: string | null;
  readonly tokens: number;
  /** As interventions are written, without the place. */
  readonly change: string;
  /** What was changed already. */
  readonly on: readonly string[];
  readonly finalNorm: FinalNorm;
  readonly places: PlaceKind;
  readonly metric: EffectMetric;
  readonly target: ComparedTokens;
  /** What to mind of its numbers. */
  readonly cautions: readonly string[];
  readonly ranking: readonly ({ readonly place: string } & Effect)[];
  readonly work: SweepWork & {
    /** Of one whole run of the prompt, with the likelihoods of its tokens, after a first one. */
    readonly runMilliseconds: number;
    /** Time of as many whole runs over that of the sweep. */
    readonly ratio: number;
  };
}

/** `headscope sweep`: one change at every head (KV group, layer) alone, ranked by its effect. */
export async function runSweep(console: Console, options: SweepOptions): Promise<void> {
  const places = oneOf(PLACE_KINDS, options.places ?? 'head', 'place');
  const metric = oneOf(EFFECT_METRICS, options.metric ?? 'kl', 'metric');
  const change = readChange(options.mode, places);
  const on = parseInterventions(options.ablate ?? '');
  const finalNorm = readFinalNorm(options.finalNorm);
  const result = await withEngine(console, options, async (session): Promise<SweepResult> => {
    const { handlers } = session.engine;
    const { context } = session;
    const info = await handlers['model.open']({ path: options.model }, context);
    noteDevice(console, info);
    const prompt = await readEffectPrompt(session, info, options);
    const start = (interventions: typeof on) => handlers['run.start']({ prompt, interventions, cut: false }, context);
    // The first run of a process opens its sessions: the second one tells what a run takes.
    await handlers['run.release']({ runId: (await start([])).runId }, context);
    const clean = await start([]);
    const run = on.length === 0 ? clean : await start(on);
    const request = { runId: run.runId, change, places, target: { position: options.position ?? null, finalNorm } };
    const sweep = await handlers['sweep.heads'](parseParams('sweep.heads', request), context);
    const { forwards, milliseconds } = sweep.work;
    return {
      model: info.name,
      provider: providerOf(info),
      task: options.task ?? null,
      tokens: clean.ids.length,
      change: changeText(change),
      on: on.map(formatIntervention),
      finalNorm,
      places,
      metric,
      target: sweep.target,
      cautions: cautionsOf([change, ...activeInterventions(on)], clean.ids.length),
      ranking: rankingOf(sweep, places, metric, info),
      work: {
        ...sweep.work,
        runMilliseconds: clean.milliseconds,
        ratio: (forwards * clean.milliseconds) / milliseconds,
      },
    };
  });
  console.result(result, () => formatSweep(result, options.top ?? DEFAULT_TOP));
}

/** `streaming:4:64` as what is done at each place. Throws `bad-request`. */
export function readChange(mode: string, places: PlaceKind): Change {
  const where: Readonly<Record<PlaceKind, string>> = { head: 'L0H0', 'kv-group': 'L0KV0', layer: 'L0' };
  const entry = parseIntervention(`${where[places]}=${mode}`);
  return {
    what: entry.what,
    ...(entry.rows && { rows: entry.rows }),
    ...(entry.keys && { keys: entry.keys }),
    ...(entry.parameters && { parameters: entry.parameters }),
    ...(entry.source && { source: entry.source }),
  };
}

function oneOf<T extends string>(known: readonly T[], text: string, what: string): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new AppError('bad-request', `There is no ${what} “${text}”.`, { hint: `Use ${known.join(', ')}.` });
}

/** Largest effect first; equal ones in the order of the model. */
function rankingOf(
  { tables }: HeadSweep,
  kind: PlaceKind,
  metric: EffectMetric,
  { layers, heads, kvHeads }: Pick<ModelInfo, 'layers' | 'heads' | 'kvHeads'>,
): SweepResult['ranking'] {
  const counts: Readonly<Record<PlaceKind, number>> = { head: heads, 'kv-group': kvHeads, layer: 1 };
  const count = counts[kind];
  const rows = Array.from({ length: layers * count }, (_, index) => {
    const [layer, which] = [Math.floor(index / count), index % count];
    const place: Place =
      kind === 'layer' ? { layer } : kind === 'head' ? { layer, head: which } : { layer, kvHead: which };
    // The value of a group or a layer stands at each of its heads.
    const at = layer * heads + which * (heads / count);
    const effect = Object.fromEntries(EFFECT_METRICS.map((each, table) => [each, tables[table]!.values![at]!]));
    return { place: formatPlace(place), ...(effect as Record<EffectMetric, number>) };
  });
  return rows.sort((a, b) => effectSize(metric, b) - effectSize(metric, a));
}

export function formatSweep(result: SweepResult, top: number): string {
  const { model, tokens, task, change, on, finalNorm, places, metric, target, cautions, ranking, work } = result;
  const columns = [metric, ...EFFECT_METRICS.filter((each) => each !== metric)];
  const rows = ranking
    .slice(0, top)
    .map(({ place, ...effect }) => [place, ...columns.map((each) => formatEffect(each, effect[each]))]);
  const { token, against, position, difference } = target;
  const left = ranking.length - rows.length;
  return [
    `${model}, ${tokens} tokens${task === null ? '' : `, one prompt of ${task}`}`,
    `${change} at every ${NAMES[places]} alone${on.length === 0 ? '' : `, on top of ${on.join(', ')}`}; final norm ${finalNorm}`,
    `Target: position ${position}, logit(${token.display}) - logit(${against.display}) = ${difference.toFixed(3)} before`,
    ...cautions,
    '',
    formatTable(
      ['Place', ...columns.map((each) => METRIC_WORDS[each].name)],
      rows,
      columns.map((_, at) => at + 1),
    ),
    ...(left > 0 ? [`and ${left} more`] : []),
    '',
    `${work.forwards} forwards in ${seconds(work.milliseconds)}: ${work.ratio.toFixed(2)} x as fast as as many whole runs of ${work.runMilliseconds.toFixed(0)} ms; by operations alone ${work.flopBound.toFixed(2)} x`,
  ].join('\n');
}

const NAMES: Readonly<Record<PlaceKind, string>> = { head: 'head', 'kv-group': 'KV group', layer: 'layer' };

function formatEffect(metric: EffectMetric, value: number): string {
  if (Number.isNaN(value)) return '-';
  if (metric === 'agreement') return `${(100 * value).toFixed(1)}%`;
  return `${METRIC_WORDS[metric].signed && value > 0 ? '+' : ''}${value.toFixed(4)}`;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
