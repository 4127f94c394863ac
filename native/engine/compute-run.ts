/** Runs of the open model: computing one, summing it up, comparing two. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../shared/base/app-error.ts';
import type { ComparedChoice, RunComparison, RunSummary, TokenChoice } from '../../shared/contract/methods.ts';
import { activeInterventions, type FinalNorm, type Intervention } from '../../shared/model/intervention.ts';
import { interventionsKey } from '../../shared/model/intervention-text.ts';
import { inLoan, onDisk } from '../capture/capture-keeper.ts';
import { captureBytes, type Capture } from '../capture/capture.ts';
import { checkRoom, SpillFile } from '../capture/spill-file.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward, type LayerReader } from '../forward/forward.ts';
import { compareTokens, logitRows, softmax, tokenNll, topChoices } from '../forward/likelihoods.ts';
import { checkInterventions } from '../interventions/check.ts';
import { planInterventions, type InterventionPlan } from '../interventions/plan.ts';
import type { Opened } from './opened.ts';
import { planContext } from './plan-context.ts';
import { calibratedSpeed, placeOfRun } from './run-cost.ts';
import type { Holding, Run, RunMemo } from './run-store.ts';

const TOP_CHOICES = 10;

/** Reads a run while it is computed. */
export interface RunReading {
  readonly reader: (capture: Capture) => LayerReader;
  /** Once the run is over. */
  readonly remember: (memo: RunMemo) => void;
}

/**
 * Computes a run, or finds it by key. A changed run resumes the clean one at the first changed layer. A capture
 * over the memory budget goes to disk. `reading`: only of a run without changes that is not known yet. Throws
 * `bad-request` for what cannot be done to the model or the prompt, `too-large` where the capture has no room on disk
 * either, `io` where that fails.
 */
export async function computeRun(
  opened: Opened,
  prompt: Pick<Run, 'tokens'> & { readonly ids: Int32Array },
  list: readonly Intervention[],
  job: Job,
  finalNorm: FinalNorm = 'recomputed',
  reading?: RunReading,
): Promise<Run> {
  const { architecture } = opened.model;
  const { ids, tokens } = prompt;
  const interventions = activeInterventions(list);
  checkInterventions(architecture, interventions);
  const isFrozen = finalNorm === 'frozen' && interventions.length > 0;
  const key = runKey(opened, ids, interventions, isFrozen);
  const known = opened.runs.findByKey(key);
  if (known !== undefined) return known;

  const place = placeOfRun(opened, ids.length);
  if (place.refusal !== undefined) throw place.refusal;
  const during = interventions.length === 0 ? reading : undefined;
  const clean = interventions.length === 0 ? undefined : await computeRun(opened, prompt, [], job);
  const started = performance.now();
  const model = { architecture, sessions: opened.sessions, kernel: opened.kernel };
  if (place.where === 'disk') checkRoom(opened.spillFolder, captureBytes(architecture, ids.length));
  // Layers below the first changed one are the clean run's, which may be deleted meanwhile.
  const holdings: Holding[] = [...(clean?.holdings ?? [])];
  for (const shared of holdings) shared.retain();
  let capture: Capture;
  let nll: Float32Array;
  let plan: InterventionPlan | null = null;
  try {
    if (clean !== undefined) {
      const keep = async (other: Parameters<typeof computeRun>[1], otherJob: Job) => {
        const run = await computeRun(opened, other, [], otherJob);
        for (const held of run.holdings) held.retain();
        holdings.push(...run.holdings);
        return run.capture;
      };
      plan = await planInterventions(planContext(opened, clean, keep), interventions, job);
    }
    const own =
      place.where === 'disk' ? new SpillFile(opened.spillFolder, opened.spillCache) : opened.runs.arrays.borrow();
    holdings.push(own);
    const keeper = own instanceof SpillFile ? onDisk(own, job.signal) : inLoan(own);
    const resume = clean && plan && { capture: clean.capture, fromLayer: plan.firstLayer };
    const reader = during && { reader: during.reader };
    const request = { ids, keeper, ...(plan && { edit: plan.layer }), ...(resume && { resume }), ...reader };
    const computed = await runForward(model, request, job);
    capture = isFrozen ? { ...computed, scaleFrom: clean!.capture } : computed;
    nll = await tokenNll(model, capture, job);
  } catch (error) {
    for (const held of holdings) held.release();
    throw error;
  }
  const milliseconds = performance.now() - started;
  // Scores would count as part of what runs cost.
  if (clean === undefined && during === undefined) opened.speed = calibratedSpeed(opened, ids.length, milliseconds);
  const computedShare = (architecture.layers - capture.computedFrom) / architecture.layers;
  const run: Run = {
    runId: randomUUID(),
    key,
    capture,
    tokens,
    interventions,
    finalNorm: isFrozen ? 'frozen' : 'recomputed',
    plan,
    nll,
    milliseconds,
    bytes: Math.round(place.memoryBytes * computedShare),
    holdings,
    memo: { scores: new Map(), comparisons: new WeakMap() },
  };
  during?.remember(run.memo);
  opened.runs.add(run);
  return run;
}

/** Equal keys have equal numbers. */
function runKey({ model }: Opened, ids: Int32Array, interventions: readonly Intervention[], isFrozen: boolean): string {
  const tokens = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString('base64');
  return `${model.info.modelId}|${tokens}|${interventionsKey(interventions)}${isFrozen ? '|frozen' : ''}`;
}

export async function summarizeRun(opened: Opened, run: Run, cutTokens: number): Promise<RunSummary> {
  return {
    runId: run.runId,
    modelId: opened.model.info.modelId,
    ids: run.capture.ids,
    tokens: run.tokens,
    interventions: run.interventions,
    ...(run.finalNorm === 'frozen' && { finalNorm: run.finalNorm }),
    computedFrom: run.capture.computedFrom,
    next: (await nextChoices(opened, run.capture)).top,
    nll: run.nll,
    cutTokens,
    badges: ['exact'],
    provider: opened.device.provider,
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
  const { kl: klPerToken, topChanged } = await compareTokens(model, clean.capture, changed.capture, job);
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
    topChanged,
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
