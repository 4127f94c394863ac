/** Sparse methods on a run of the open model. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { Budget } from '../../shared/model/method.ts';
import { resolveMethod } from '../../shared/model/method-parameters.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { compareAnswers, continueDense, continueUnder } from '../methods/continuation.ts';
import { findMethod } from '../methods/index.ts';
import type { MethodDecoder } from '../methods/method-decoder.ts';
import type { Method } from '../methods/method.ts';
import { generated } from '../methods/run-generated.ts';
import { measuredRows, runMethod, type MeasuredMethod, type RowsRead } from '../methods/run-method.ts';
import { runPropagated, type PropagatedParts } from '../methods/run-propagated.ts';
import { isChanging } from '../methods/select-layer.ts';
import { TraceBuilder, type MethodTrace, type TraceStore } from '../methods/trace-store.ts';
import { runStates } from '../methods/traces/run-states.ts';
import { SweepProgress } from '../sweeps/sweep-progress.ts';
import { methodOfModel } from './method-gates.ts';
import { methodParts } from './method-parts.ts';
import { ownStates } from './own-states.ts';
import type { Opened } from './opened.ts';
import type { Run } from './run-store.ts';

type Request = Omit<ParsedParamsOf<'method.run'>, 'runId'>;

/**
 * One result a budget; one alone of a method that takes none. Throws `bad-request` for a changed run, a prompt that leaves
 * no query, an answer that begins before the method, and what the method does not take; `needs-addon`.
 */
export async function computeMethod(
  opened: Opened,
  run: Run,
  traces: TraceStore,
  request: Request,
  job: Job,
): Promise<{ readonly results: readonly MethodResult[] }> {
  const { model, runs } = opened;
  const { architecture } = model;
  const { capture, runId } = run;
  const { parameters, promptLength, fidelity } = request;
  check(opened, run, findMethod(request.method), request);
  const method = await methodOfModel(opened, request.method, job);
  const parts = methodParts(opened, capture);
  const budgets = request.budgets.length === 0 || method.info.budget === null ? [null] : request.budgets;
  const rows = measuredRows(method, capture.tokens, promptLength);
  const about = { tokens: capture.tokens, firstRow: rows.first, windows: architecture.slidingWindow };
  const builders = budgets.map((budget) => {
    const resolved = resolveMethod(method, { layers: architecture.layers, promptLength }, parameters, budget);
    return new TraceBuilder({ ...about, changes: isChanging(method, resolved), propagated: fidelity !== 'F1' });
  });
  const asked = { method, parameters, budgets, promptLength };
  const breathe = breather(job);
  const onRows = ({ budget, layer, reads }: RowsRead): Promise<void> => builders[budget]!.add(layer, reads, breathe);
  let results: readonly MeasuredMethod[];
  let built: readonly (MethodTrace | null)[];
  if (fidelity === 'F1') {
    const measured = await runMethod(parts, asked, job, onRows);
    results = measured.map((result) => ({ ...result, answerStart: request.answerStart }));
    // By name: the arrays of a run that is let go belong to the next one.
    const states = runStates(architecture, capture.tokens, () => runs.get(runId).capture.layers);
    built = builders.map((builder) => builder.build(states));
  } else {
    const states = ownStates(architecture, capture.tokens);
    const all: (MethodTrace | null)[] = [];
    const onForward = (budget: number, decoder: MethodDecoder): void => {
      all.push(states(builders[budget]!, decoder));
    };
    results = await throughLayers(opened, run, parts, { ...asked, ...request, method, budgets }, job, {
      onRows,
      onForward,
    });
    built = all;
  }
  return {
    results: results.map((result, at) => {
      const trace = built[at] ?? null;
      return { ...result, trace: trace && traces.add(trace) };
    }),
  };
}

function check({ model, kernel }: Opened, { capture, plan }: Run, method: Method, request: Request): void {
  const { promptLength, answerStart, fidelity } = request;
  const { tokens } = capture;
  if (plan !== null) {
    throw new AppError('bad-request', 'Methods are compared with dense attention, and this run has interventions.', {
      hint: 'Use the clean run of the prompt.',
    });
  }
  const rows = measuredRows(method, tokens, promptLength);
  if (rows.end > tokens) {
    throw new AppError('bad-request', `The prompt has ${tokens} tokens, not ${promptLength}.`, {
      hint: `Let the method go over at most ${tokens}.`,
    });
  }
  if (rows.first >= tokens) {
    throw new AppError('bad-request', `No query is left after the first ${promptLength} of ${tokens} tokens.`, {
      hint: `Let the method begin after at most ${tokens - 1}.`,
    });
  }
  if (answerStart !== null && (answerStart < promptLength || answerStart >= tokens)) {
    throw new AppError('bad-request', `An answer cannot begin at token ${answerStart}.`, {
      hint: `It begins where the method does, at ${promptLength}, or later, and before the end of the ${tokens} tokens.`,
    });
  }
  if (fidelity === 'F3' && answerStart === null && tokens >= model.info.context) {
    throw new AppError('bad-request', `No token can follow the ${tokens} that the model takes.`, {
      hint: 'Shorten the prompt, say where an answer begins in it, or choose F2.',
    });
  }
  if (!kernel.gathersExtras) {
    throw new AppError('needs-addon', 'Lists of keys by row need the C++ attention addon, which was not built here.', {
      hint: 'Run `npm run build:addon` with a C++ compiler; on another device, use the CPU.',
    });
  }
}

/** A step of a generation takes about as long as so many rows at once. */
const STEP_ROWS = 8;

/** F2, and at F3 the continuations. */
async function throughLayers(
  { model }: Opened,
  run: Run,
  parts: PropagatedParts,
  request: Omit<Request, 'method' | 'budgets'> & {
    readonly method: Method;
    readonly budgets: readonly (Budget | null)[];
  },
  job: Job,
  watch: Parameters<typeof runPropagated>[3],
): Promise<readonly MeasuredMethod[]> {
  const { capture } = run;
  const { tokens, ids } = capture;
  const { method, budgets, parameters, promptLength, answerStart } = request;
  if (request.fidelity === 'F2') {
    return (await runPropagated(parts, request, job, watch)).map(({ result }) => result);
  }
  const end = answerStart ?? tokens;
  const maxTokens = Math.max(request.maxTokens, tokens - end);
  const first = method.info.phases.includes('decode') ? promptLength : 0;
  const name = (budget: number): string =>
    `${method.info.name}, generating${budgets.length > 1 ? `, budget ${budget + 1}` : ''}`;
  const steps = STEP_ROWS * maxTokens;
  const progress = new SweepProgress(
    [
      { name: `${method.info.name}, all layers`, forward: budgets.length * (tokens - first), reading: 0 },
      { name: 'Dense, generating', forward: steps, reading: 0 },
      ...budgets.map((_, at) => ({ name: name(at), forward: end - first + steps, reading: 0 })),
    ],
    () => false,
    job,
  );
  const propagated = await runPropagated(parts, request, progress.begin(0).forward, watch);
  progress.end(0);
  const answer = answerStart === null ? null : ids.slice(answerStart);
  const how = { end, maxTokens, endIds: model.endIds, answer, context: model.info.context };
  const dense = await denseContinuation(parts, run, how, progress.begin(1).forward);
  progress.end(1);
  const results: MeasuredMethod[] = [];
  for (const [at, budget] of budgets.entries()) {
    const own = progress.begin(2 + at).forward;
    const asked = { layers: parts.architecture.layers, promptLength, parameters, budget };
    const told = await continueUnder(parts, capture, method, asked, how, own);
    progress.end(2 + at);
    results.push(generated(propagated[at]!.result, compareAnswers(model.tokenizer, told, dense, answer)));
  }
  return results;
}

/** The same for all methods, so it stays with the run. */
async function denseContinuation(
  parts: PropagatedParts,
  { capture, memo }: Run,
  request: Parameters<typeof continueDense>[2],
  job: Job,
): Promise<Int32Array> {
  const key = `${request.end} ${request.maxTokens}`;
  memo.continuations ??= new Map();
  const ids = memo.continuations.get(key) ?? (await continueDense(parts, capture, request, job));
  memo.continuations.set(key, ids);
  return ids;
}
