/** Runs of the open model: computing one, summing it up, comparing two. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../shared/base/app-error.ts';
import type { ComparedChoice, RunComparison, RunSummary, TokenChoice } from '../../shared/contract/methods.ts';
import { interventionsKey, type Intervention } from '../../shared/model/intervention.ts';
import { captureBytes, type Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { logitRows, softmax, tokenKl, tokenNll, topChoices } from '../forward/likelihoods.ts';
import { PROVIDER } from '../ort/session.ts';
import { gainsOf } from './gains.ts';
import type { Opened } from './opened.ts';
import { calibratedSpeed } from './run-cost.ts';
import type { Run } from './run-store.ts';

const TOP_CHOICES = 10;

/**
 * Computes a run, or finds it by key. A changed run resumes the clean one at the first changed layer. Throws
 * `too-large` where the capture would not fit the budget.
 */
export async function computeRun(
  opened: Opened,
  prompt: Pick<Run, 'tokens'> & { readonly ids: Int32Array },
  interventions: readonly Intervention[],
  job: Job,
): Promise<Run> {
  const { architecture } = opened.model;
  const { ids, tokens } = prompt;
  const key = runKey(opened, ids, interventions);
  const known = opened.runs.findByKey(key);
  if (known !== undefined) return known;

  const gains = gainsOf(architecture, interventions);
  const bytes = captureBytes(architecture, ids.length);
  refuseOverBudget(opened, ids.length, bytes);
  const clean = interventions.length === 0 ? undefined : await computeRun(opened, prompt, [], job);
  const started = performance.now();
  const resume = clean === undefined ? undefined : { capture: clean.capture, fromLayer: gains.firstLayer };
  const model = { architecture, sessions: opened.sessions, kernel: opened.kernel };
  const capture = await runForward(model, { ids, gain: gains.of, ...(resume === undefined ? {} : { resume }) }, job);
  const nll = await tokenNll(model, capture, job);
  const milliseconds = performance.now() - started;
  if (clean === undefined) opened.speed = calibratedSpeed(opened, ids.length, milliseconds);
  const computedShare = (architecture.layers - capture.computedFrom) / architecture.layers;
  const run: Run = {
    runId: randomUUID(),
    key,
    capture,
    tokens,
    interventions,
    nll,
    milliseconds,
    bytes: Math.round(bytes * computedShare),
  };
  opened.runs.add(run);
  return run;
}

/** Equal keys have equal numbers. */
function runKey({ model }: Opened, ids: Int32Array, interventions: readonly Intervention[]): string {
  const tokens = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString('base64');
  return `${model.info.modelId}|${tokens}|${interventionsKey(interventions)}`;
}

function refuseOverBudget({ runs }: Opened, tokens: number, bytes: number): void {
  if (bytes <= runs.budgetBytes) return;
  const gibibytes = (count: number) => (count / 2 ** 30).toFixed(1);
  throw new AppError(
    'too-large',
    `A run of ${tokens} tokens would hold ${gibibytes(bytes)} GiB; the limit here is ${gibibytes(runs.budgetBytes)} GiB.`,
    { hint: 'Shorten the prompt.' },
  );
}

export async function summarizeRun(opened: Opened, run: Run, cutTokens: number): Promise<RunSummary> {
  return {
    runId: run.runId,
    modelId: opened.model.info.modelId,
    ids: run.capture.ids,
    tokens: run.tokens,
    interventions: run.interventions,
    computedFrom: run.capture.computedFrom,
    next: (await nextChoices(opened, run.capture)).top,
    nll: run.nll,
    cutTokens,
    badges: ['exact'],
    provider: PROVIDER,
    milliseconds: run.milliseconds,
    captureBytes: run.bytes,
  };
}

/** Throws `bad-request` where the runs have different tokens. */
export async function compareRuns(opened: Opened, clean: Run, changed: Run, job: Job): Promise<RunComparison> {
  if (clean.capture.ids.join() !== changed.capture.ids.join()) {
    throw new AppError('bad-request', 'The two runs have different tokens.', {
      hint: 'Compare runs of the same prompt.',
    });
  }
  const model = { architecture: opened.model.architecture, sessions: opened.sessions };
  const klPerToken = await tokenKl(model, clean.capture, changed.capture, job);
  const before = await nextChoices(opened, clean.capture);
  const after = await nextChoices(opened, changed.capture);
  const compared = (top: readonly TokenChoice[]): ComparedChoice[] =>
    top.map(({ id, display }) => ({
      id,
      display,
      clean: before.probabilities[id]!,
      changed: after.probabilities[id]!,
    }));
  return {
    kl: klPerToken.at(-1)!,
    klPerToken,
    nllDelta: changed.nll.map((value, i) => value - clean.nll[i]!),
    before: compared(before.top),
    after: compared(after.top),
  };
}

async function nextChoices(
  { model, sessions }: Opened,
  capture: Capture,
): Promise<{ readonly top: TokenChoice[]; readonly probabilities: Float64Array }> {
  const last = capture.tokens - 1;
  const logits = await logitRows({ architecture: model.architecture, sessions }, capture, last, last + 1);
  const top = topChoices(logits, TOP_CHOICES).map((choice) => {
    const { display, text } = model.tokenizer.describe(choice.id);
    return { ...choice, display, text };
  });
  return { top, probabilities: softmax(logits) };
}
