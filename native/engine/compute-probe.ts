/** Probe sets of the open model: head scores over their prompts, and the prompts that a head is highest on. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import { aggregateScores } from '../../shared/model/aggregate-scores.ts';
import { Bootstrap } from '../../shared/model/bootstrap.ts';
import type { ProbePrompt, ProbeResult } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { LayerReader } from '../forward/forward.ts';
import { tokenNll } from '../forward/likelihoods.ts';
import { checkInterventions } from '../interventions/check.ts';
import { plainEdit } from '../interventions/plain-edit.ts';
import { probeSetOf } from '../probes/probe-set.ts';
import type { FinishedProbe, ProbeRun, ProbeStore, PromptRecord } from '../probes/probe-store.ts';
import type { ProbeSample } from '../probes/probe.ts';
import { PromptTally } from '../probes/prompt-tally.ts';
import { needsForced, retrievalScores } from '../probes/retrieval.ts';
import { scoresAlong, scoreTables, type ScoresAlong } from '../scores/index.ts';
import { COUNT_EVENTS } from '../scores/retrieval.ts';
import type { ScoreContext } from '../scores/score.ts';
import { checkLengths, lengthOf } from '../tasks/check-lengths.ts';
import { createRetrieval, type SampleRetrieval } from '../tasks/run-retrieval.ts';
import type { Condition } from '../tasks/run-task.ts';
import type { TaskData } from '../tasks/task-data.ts';
import type { TaskParameters } from '../tasks/task.ts';
import { sweepTables } from './compute-sweeps.ts';
import { checkFactors, factorsOf } from './gains.ts';
import { withGenerationEdits } from './generation-plan.ts';
import type { Opened } from './opened.ts';
import { probePlanOf, type ProbePlan } from './probe-plan.ts';
import { contextDuringRun, scoreContextOf } from './score-context.ts';
import { streamingMasks } from './streaming-masks.ts';
import { withCapture } from './with-capture.ts';

type Request = ParsedParamsOf<'probe.run'>;

/** Throws `bad-request` for what there is none of, `prompt-too-long`; `CancelledError`, after which it goes on. */
export async function runProbe(
  opened: Opened,
  data: TaskData,
  store: ProbeStore,
  request: Request,
  job: Job,
): Promise<ProbeResult> {
  const context = { model: opened.model, data };
  const set = probeSetOf(context, request);
  const plan = probePlanOf(request, set.data);
  const key = JSON.stringify([opened.model.info.modelId, { ...request, parameters: set.parameters }]);
  const run = await store.open(key, () => set.draw(breather(job)));
  if (run.finished !== null) return run.finished.result;
  const longest = checkLengths(opened.model.architecture, run.samples, 'probe set');
  const { layers, heads } = opened.model.architecture;
  const kept = plan.scores.length + plan.sweeps.length;
  store.checkRoom(run.samples.length, run.samples.length * kept * layers * heads);
  const scorePrompt = promptScorer(opened, request, plan, longest);
  const tally = new PromptTally(job, run.samples.map(lengthOf), run.records.length);
  for (const sample of run.samples.slice(run.records.length)) {
    const record = await scorePrompt(sample, run, tally);
    run.records.push({
      ...record,
      scores: record.scores.map((table, i) => sharingInfo(table, run.records[0]?.scores[i])),
    });
    run.memo = {};
    tally.pass();
    store.trim();
  }
  run.finished = await summarise(opened, request, set.parameters, plan, run, job);
  return run.finished.result;
}

/** Definitions are long, and mostly the same on every prompt. */
function sharingInfo(table: ScoreTable, first: ScoreTable | undefined): ScoreTable {
  return first && JSON.stringify(first.info) === JSON.stringify(table.info) ? { ...table, info: first.info } : table;
}

/** Highest first. Throws `unknown-run`, and `bad-request` for a score or head that the run does not have. */
export function bestPrompts(
  { model }: Opened,
  store: ProbeStore,
  { probeId, score, layer, head, count }: ParsedParamsOf<'probe.best'>,
): ProbePrompt[] {
  const { values, samples } = store.finished(probeId);
  const { layers, heads } = model.architecture;
  const own = values.get(score);
  if (own === undefined || layer >= layers || head >= heads) {
    throw new AppError('bad-request', `The probe run has no score “${score}” of L${layer}H${head}.`, {
      hint: `It has ${[...values.keys()].join(', ')} of ${layers} layers with ${heads} heads.`,
    });
  }
  return own
    .map((each, index) => ({ index, value: each?.[layer * heads + head] ?? NaN }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => b.value - a.value)
    .slice(0, count)
    .map(({ index, value }) => {
      const { prompt, answer } = samples[index]!;
      const ids = Int32Array.from([...prompt, ...answer]);
      return { index, value, ids, preview: previewOf(model, ids) };
    });
}

const PREVIEW_TOKENS = 24;

function previewOf({ tokenizer }: Opened['model'], ids: Int32Array): string {
  const first = ids.subarray(0, PREVIEW_TOKENS);
  if (!tokenizer.available) return first.join(' ');
  const decoder = new TextDecoder();
  return Array.from(first, (id) => decoder.decode(tokenizer.bytes(id), { stream: true })).join('');
}

type ScorePrompt = (
  sample: ProbeSample,
  run: Pick<ProbeRun, 'records' | 'memo'>,
  tally: PromptTally,
) => Promise<PromptRecord>;

function promptScorer(opened: Opened, request: Request, plan: ProbePlan, longest: number): ScorePrompt {
  const { architecture } = opened.model;
  const { interventions, streaming } = request;
  const computed = plan.scores.length + plan.sweeps.length > 0;
  checkInterventions(architecture, interventions);
  // Answers are given under every kind, scores told of heads that are scaled as a whole.
  if (computed) checkFactors(interventions);
  const gain = factorsOf(architecture, interventions);
  const { context: capacity } = opened.model.info;
  const condition: Condition = {
    gain: () => null,
    masks: streaming === null ? () => null : streamingMasks(architecture, streaming),
    ...(interventions.length > 0 && {
      edited: (ids, job, use) => withGenerationEdits(opened, { ids, interventions, capacity }, job, use),
    }),
  };
  const forwardModel = { architecture, sessions: opened.sessions, kernel: opened.kernel };
  const { layers, heads } = architecture;
  let sampleRetrieval: SampleRetrieval | undefined;
  return async (sample, { records, memo }, tally) => {
    // Forwards, about: an answer that may be given twice, a capture, the passes of scores, a forward a head.
    const [answering, forward, passes, sweeping] = tally.within([
      plan.retrieval === null ? 0 : 2,
      computed ? 1 : 0,
      computed ? 1 : 0,
      plan.sweeps.length * layers * heads,
    ]);
    let retrieval: PromptRecord['retrieval'] = null;
    if (plan.retrieval !== null && sample.answerSpan !== null) {
      const { retrieval: parameters } = plan;
      const endIds = parameters['count'] === COUNT_EVENTS ? opened.model.endIds : null;
      sampleRetrieval ??= createRetrieval(forwardModel, condition, { longest, endIds });
      const past = records.map((record) => record.retrieval);
      retrieval = await sampleRetrieval(sample, (right) => needsForced(parameters, past, right), answering!);
    }
    if (!computed) return { scores: [], retrieval };
    const ids = Int32Array.from([...sample.prompt, ...sample.answer]);
    const asked = (context: ScoreContext) =>
      sample.question === undefined ? context : { ...context, question: sample.question };
    const during = plan.scores.filter(({ afterRun }) => opened.kernel.gathersExtras && afterRun !== true);
    const others = plan.scores.filter((score) => !during.includes(score));
    let along: ScoresAlong | undefined;
    const reader = (capture: Capture): LayerReader => {
      const context = asked(contextDuringRun(opened, capture, gain));
      along = scoresAlong(during, context, plan.parameters, forward!);
      return along.reader;
    };
    const forwardRequest = { ids, gain, ...(during.length > 0 && { reader }) };
    const scores = await withCapture(opened, forwardRequest, forward!, async (capture) => {
      const context = asked(await scoreContextOf(opened, capture, gain));
      const found = [...(along?.tables() ?? []), ...(await scoreTables(others, context, plan.parameters, passes!))];
      const tables = plan.scores.map(({ info }) => found.find((table) => table.info.id === info.id)!);
      if (plan.sweeps.length === 0) return tables;
      const nll = await tokenNll(forwardModel, capture, passes!);
      const plain = { masks: null, uniform: null };
      const edits = { layer: (layer: number) => plainEdit({ ...plain, gain: gain(layer) }, architecture) };
      const tokens = Array.from(ids, (id) => ({ id, ...opened.model.tokenizer.describe(id), start: -1, end: -1 }));
      const run = { capture, tokens, nll, interventions: request.interventions, plan: edits, holdings: [], memo };
      return [...tables, ...(await sweepTables(opened, run, plan.sweeps, plan.parameters, sweeping!))];
    });
    return { scores, retrieval };
  };
}

async function summarise(
  { model }: Opened,
  request: Request,
  parameters: TaskParameters,
  plan: ProbePlan,
  { probeId, records }: ProbeRun,
  job: Job,
): Promise<FinishedProbe> {
  const { layers, heads } = model.architecture;
  const bootstrap = new Bootstrap(request.seed);
  const breathe = breather(job);
  const values = new Map<string, (Float64Array | null)[]>();
  const tables: ScoreTable[] = [];
  const add = async (prompts: readonly ScoreTable[]): Promise<void> => {
    const table = await aggregateScores(prompts, bootstrap, breathe);
    tables.push(table);
    values.set(
      table.info.id,
      prompts.map((prompt) => prompt.values),
    );
  };
  let retrieval: ProbeResult['retrieval'] = null;
  if (plan.retrieval !== null) {
    const copied = records.map((record) => record.retrieval);
    const found = retrievalScores(copied, plan.retrieval, layers * heads);
    await add(found.prompts);
    retrieval = found.detail;
  }
  for (const i of records[0]!.scores.keys()) await add(records.map(({ scores }) => scores[i]!));
  const result: ProbeResult = {
    probeId,
    probe: request.task,
    parameters,
    seed: request.seed,
    scores: [...tables, ...plan.missing],
    prompts: records.length,
    retrieval,
  };
  return { result, values };
}
