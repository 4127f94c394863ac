/** What the engine is asked for, from the prompt on screen and what is set. Pure; throws an `AppError` for what cannot be. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParamsOf, RunSummary } from '../../shared/contract/methods.ts';
import type { LabAbout } from '../../shared/model/lab.ts';
import type { MethodInfo } from '../../shared/model/method.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { summaryKey } from '../engine/data-keys.ts';
import { openModel } from '../effects/effect-requests.ts';
import { aboutLab, questionStartOf } from '../lab/lab-requests.ts';
import type { AppState } from '../state/store.ts';

type Asked = Extract<ParamsOf<'method.generate'>['prompt'], { kind: 'ids' }>;
export interface AskedGeneration extends Omit<ParamsOf<'method.generate'>, 'prompt'> {
  readonly prompt: Asked;
}

export interface DecodeRequest {
  readonly about: LabAbout;
  readonly info: MethodInfo;
  readonly method: AskedGeneration;
  readonly dense: AskedGeneration;
}

/** Throws `bad-request` for a prompt of one token, an unknown method, and where there is no run of a prompt. */
export function decodeRequest(
  state: AppState,
  cache: Pick<DataCache, 'value'>,
  methods: readonly MethodInfo[],
): DecodeRequest {
  const { choice, maxTokens } = state.edit.decode;
  const { settings } = state.lab;
  const model = openModel(state);
  const summary = promptOf(state, cache);
  const info = methods.find(({ id }) => id === choice.method);
  if (!info) throw new AppError('bad-request', `There is no method ${choice.method}.`, { hint: 'Choose another one.' });
  const n = summary.ids.length;
  if (n < 2) {
    throw new AppError('bad-request', 'The prompt has but one token: there is no context to keep keys of.', {
      hint: 'Run a longer prompt.',
    });
  }
  const questionStart = questionStartOf(settings, summary);
  const promptLength = settings.question === 'seen' ? n : questionStart;
  const ids = Int32Array.from(summary.ids);
  const dense = { prompt: { kind: 'ids', ids } as const, method: 'dense', promptLength, maxTokens };
  const budget = info.budget === null ? null : choice.budget;
  const about = aboutLab(
    model,
    { question: settings.question, fidelity: 'F3' },
    { ids, tokens: summary.tokens, questionStart, answerStart: null, promptLength },
    state.run.source,
  );
  return {
    about,
    info,
    dense,
    method: { ...dense, method: choice.method, parameters: { ...choice.parameters }, budget },
  };
}

function promptOf({ run }: AppState, cache: Pick<DataCache, 'value'>): RunSummary {
  const summary = run.clean && cache.value(summaryKey(run.clean.key));
  if (summary) return summary;
  throw new AppError('unknown-run', 'There is no run to go on from.', { hint: 'Run a prompt first.' });
}
