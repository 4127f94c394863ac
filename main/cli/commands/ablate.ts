import { AppError } from '../../../shared/base/app-error.ts';
import type { RunComparison, RunSummary, TokenChoice } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import {
  activeInterventions,
  FINAL_NORMS,
  type FinalNorm,
  type Intervention,
} from '../../../shared/model/intervention.ts';
import { INTERVENTION_KINDS } from '../../../shared/model/intervention-kinds/index.ts';
import { formatIntervention, parseInterventions } from '../../../shared/model/intervention-text.ts';
import { cautionsOf } from '../cautions.ts';
import type { Console } from '../console.ts';
import { readEffectPrompt } from '../effect-prompt.ts';
import { noteDevice, providerOf } from '../note-device.ts';
import { formatTable } from '../table.ts';
import { withEngine, type EngineSession } from '../with-engine.ts';
import type { AblateOptions } from './ablate-options.ts';
import { formatKinds } from './kinds-text.ts';
import { readParameters } from './task.ts';

/** Of the accuracy of a task, where no other number is asked for. */
const DEFAULT_SAMPLES = 20;

/** What `headscope ablate --json` prints. Direction: clean -> changed. */
export interface AblateResult {
  readonly model: string;
  /** Execution provider that computed. */
  readonly provider: string;
  readonly task: string | null;
  readonly tokens: number;
  readonly interventions: readonly string[];
  readonly finalNorm: FinalNorm;
  /** KL(clean || changed) at the last position, nats. */
  readonly kl: number;
  readonly klPerToken: Float32Array;
  /** nll(changed) - nll(clean), nats; NaN at 0, which nothing predicts: null in JSON. */
  readonly nllDelta: Float32Array;
  /** Means over what is there. */
  readonly meanKl: number;
  readonly meanNllDelta: number;
  /** Share of positions whose likeliest next token stays. */
  readonly agreement: number;
  readonly before: readonly AblateChoice[];
  readonly after: readonly AblateChoice[];
  /** What to mind of its numbers. */
  readonly cautions: readonly string[];
  /** With a task. */
  readonly accuracy?: { readonly before: TaskAccuracy; readonly after: TaskAccuracy };
}

/** `token` is the text itself, `display` shows its blanks. */
export interface AblateChoice {
  readonly id: number;
  readonly token: string;
  readonly display: string;
  readonly prob: number;
}

/** With a 95 % Wilson interval over prompts. */
interface TaskAccuracy {
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** `headscope ablate`: predictions before and after interventions, position by position; with a task its accuracy too. */
export async function runAblate(console: Console, options: AblateOptions): Promise<void> {
  if (options.list === true) {
    console.result({ kinds: INTERVENTION_KINDS }, () => formatKinds(INTERVENTION_KINDS));
    return;
  }
  const { model: folder } = options;
  if (folder === undefined) {
    throw new AppError('bad-request', 'No model was given.', { hint: 'Add --model with a folder, or --model demo.' });
  }
  const interventions = parseInterventions(options.set ?? '');
  if (interventions.length === 0) {
    throw new AppError('bad-request', 'Nothing is changed.', {
      hint: 'Add --set "L0H1=zero,L2=streaming:4:64"; `headscope ablate --list` says what there is.',
    });
  }
  const finalNorm = readFinalNorm(options.finalNorm);
  if (options.samples !== undefined && options.task === undefined) {
    throw new AppError('bad-request', '--samples is of a task, and none was given.', { hint: 'Add --task needle.' });
  }
  const result = await withEngine(console, options, async (session): Promise<AblateResult> => {
    const { handlers } = session.engine;
    const { context } = session;
    const info = await handlers['model.open']({ path: folder }, context);
    noteDevice(console, info);
    const prompt = await readEffectPrompt(session, info, options);
    const clean = await handlers['run.start']({ prompt, interventions: [], cut: false }, context);
    const changed = await handlers['run.start']({ prompt, interventions, finalNorm, cut: false }, context);
    const comparison = await handlers['run.compare']({ clean: clean.runId, changed: changed.runId }, context);
    const accuracy = options.task === undefined ? undefined : await accuracies(session, options, interventions);
    return {
      model: info.name,
      provider: providerOf(info),
      task: options.task ?? null,
      tokens: clean.ids.length,
      interventions: interventions.map(formatIntervention),
      finalNorm,
      ...effectsOf(comparison),
      before: choices(clean),
      after: choices(changed),
      cautions: cautionsOf(activeInterventions(interventions), clean.ids.length),
      ...(accuracy && { accuracy }),
    };
  });
  console.result(result, () => formatAblation(result));
}

/** Throws `bad-request`. */
export function readFinalNorm(text: string | undefined): FinalNorm {
  const known = FINAL_NORMS.find((each) => each === (text ?? 'recomputed'));
  if (known !== undefined) return known;
  throw new AppError('bad-request', `There is no final norm “${text!}”.`, { hint: `Use ${FINAL_NORMS.join(' or ')}.` });
}

function effectsOf({ kl, klPerToken, nllDelta, topChanged }: RunComparison) {
  const stays = topChanged?.filter((moved) => moved === 0).length;
  return {
    kl,
    klPerToken,
    nllDelta,
    meanKl: mean(klPerToken),
    meanNllDelta: mean(nllDelta.subarray(1)),
    agreement: stays === undefined ? NaN : stays / klPerToken.length,
  };
}

/** NaN where there is none. */
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const choices = ({ next }: Pick<RunSummary, 'next'>): AblateChoice[] =>
  next.map(({ id, text, display, prob }: TokenChoice) => ({ id, token: text, display, prob }));

/** The same prompts before and after. */
async function accuracies(
  { engine, context }: EngineSession,
  { task, param = [], samples = DEFAULT_SAMPLES, seed = 0 }: AblateOptions,
  interventions: readonly Intervention[],
): Promise<NonNullable<AblateResult['accuracy']>> {
  const under = async (list: readonly Intervention[]): Promise<TaskAccuracy> => {
    const request = { task: task!, parameters: readParameters(param), samples, seed, interventions: [...list] };
    const { cells } = await engine.handlers['task.run'](parseParams('task.run', request), context);
    // Without lengths and depths there is one cell.
    const { accuracy, low, high, n } = cells[0]!;
    return { accuracy, low, high, n };
  };
  return { before: await under([]), after: await under(interventions) };
}

export function formatAblation(result: AblateResult): string {
  const { model, tokens, task, interventions, finalNorm, before, after, accuracy, cautions } = result;
  const rows = before.map((choice, at) => {
    const other = after[at];
    return [choice.display, percent(choice.prob), '', other?.display ?? '', other ? percent(other.prob) : ''];
  });
  const numbers = [
    ['KL(before || after), last position', `${result.kl.toPrecision(4)} nats`],
    ['KL(before || after), mean over positions', `${result.meanKl.toPrecision(4)} nats`],
    ['Change of -log p, mean over tokens', tokens < 2 ? '-' : `${signed(result.meanNllDelta)} nats`],
    ['Likeliest next token stays', `${percent(result.agreement)} of positions`],
    ...(accuracy === undefined
      ? []
      : [
          [`Accuracy on ${task ?? ''} before`, interval(accuracy.before)],
          [`Accuracy on ${task ?? ''} after`, interval(accuracy.after)],
        ]),
  ];
  return [
    `${model}, ${tokens} tokens${task === null ? '' : `, one prompt of ${task}`}`,
    `Changed: ${interventions.join(', ')}; final norm ${finalNorm}`,
    ...cautions,
    '',
    formatTable([], numbers, [1]),
    '',
    formatTable(['Before', 'Probability', '', 'After', 'Probability'], rows, [1, 4]),
  ].join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toPrecision(4)}`;
const interval = ({ accuracy, low, high, n }: TaskAccuracy): string =>
  `${accuracy.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], ${n} prompts`;
