/** Sweeps over the heads of a run: what each does alone, the largest set, doses of one, random sets, importance. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type {
  ComparedTokens,
  DoseSweep,
  Effect,
  EffectTarget,
  GreedySweep,
  HeadSweep,
  ImportanceSweep,
  RandomControl,
} from '../../shared/model/effect.ts';
import { finiteDifferenceError } from '../../shared/model/finite-difference.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { FinalNorm } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { onDisk, inLoan } from '../capture/capture-keeper.ts';
import { captureBytes, type Capture } from '../capture/capture.ts';
import { checkRoom, SpillFile } from '../capture/spill-file.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { drawHeadSets } from '../sweeps/draw-heads.ts';
import { EffectReader } from '../sweeps/effect-reader.ts';
import { effectTables } from '../sweeps/effect-tables.ts';
import { searchGreedily, startGreedy, type Kept } from '../sweeps/greedy.ts';
import { michel } from '../sweeps/michel.ts';
import { randomIntervals } from '../sweeps/random-interval.ts';
import { setTrial } from '../sweeps/set-trials.ts';
import type { SweepContext } from '../sweeps/sweep-context.ts';
import { allPlaces, placeTrials, runTrials, type Trial } from '../sweeps/sweep-places.ts';
import { sweepWork } from '../sweeps/sweep-work.ts';
import { computeRun } from './compute-run.ts';
import { checkHead } from './gains.ts';
import type { Opened } from './opened.ts';
import { placeOfRun } from './run-cost.ts';
import type { Run } from './run-store.ts';
import { stateOf, withSweep } from './sweep-context.ts';

type ParamsOfSweep<M extends 'heads' | 'greedy' | 'dose' | 'random' | 'importance'> = Omit<
  ParsedParamsOf<`sweep.${M}`>,
  'runId'
>;

/** What a sweep of a run is made with. */
interface Sweeping {
  readonly context: SweepContext;
  readonly reader: EffectReader;
  readonly target: ComparedTokens;
  /** Effects of these forwards; what was done is kept with the run by the request. */
  readonly effects: (trials: readonly Trial[], key: unknown, job: Job) => Promise<Swept>;
}

interface Swept {
  readonly effects: readonly Effect[];
  readonly milliseconds: number;
}

/** Throws `bad-request` for what cannot be done to the run, `CancelledError`, after which it goes on. */
export async function computeHeadSweep(
  opened: Opened,
  run: Run,
  request: ParamsOfSweep<'heads'>,
  job: Job,
): Promise<HeadSweep> {
  const { change, places: kind } = request;
  return withReader(opened, run, request.target, job, async ({ context, target, effects }) => {
    const places = allPlaces(kind, context.model.architecture);
    const trials = placeTrials(context, change, places);
    const found = await effects(trials, ['heads', request], job);
    return {
      target,
      tables: effectTables(
        {
          change,
          places: kind,
          target,
          finalNorm: request.target.finalNorm,
          effects: places.map((place, at) => ({ place, effect: found.effects[at]! })),
        },
        context.model.architecture,
      ),
      work: workOf(context, trials, found),
    };
  });
}

/** Throws as above, and for likelihoods of a prompt of one token. */
export async function computeGreedy(
  opened: Opened,
  run: Run,
  request: ParamsOfSweep<'greedy'>,
  job: Job,
): Promise<GreedySweep> {
  const { metric } = request;
  if (metric === 'nll') refuseOneToken(run);
  return withReader(opened, run, request.target, job, async ({ context, reader, target }) => {
    const searches = (run.memo.searches ??= new Map());
    const key = JSON.stringify({ ...request, count: undefined });
    const state = searches.get(key) ?? startGreedy();
    searches.set(key, state);
    const keep = () => keptArrays(opened, run, job);
    await searchGreedily(context, request, reader, state, keep, job);
    // A longer search may have been made before.
    const steps = state.steps.slice(0, request.count);
    const milliseconds = steps.reduce((sum, step) => sum + step.milliseconds, 0);
    const [own, beside] = [steps.flatMap((step) => step.firstLayers), steps.flatMap((step) => step.beside)];
    return {
      target,
      metric,
      steps: steps.map(({ place, effect }) => ({ place, effect })),
      work: sweepWork(context, own, milliseconds, beside),
    };
  });
}

/** Throws as the first. */
export async function computeDose(
  opened: Opened,
  run: Run,
  request: ParamsOfSweep<'dose'>,
  job: Job,
): Promise<DoseSweep> {
  const { place, factors } = request;
  return withReader(opened, run, request.target, job, async ({ context, target, effects }) => {
    const trials = factors.map((factor) =>
      setTrial(context, `Factor ${factor}`, [{ what: 'scale', where: place, parameters: { factor } }]),
    );
    const found = await effects(trials, ['dose', request], job);
    return {
      target,
      factors: Float64Array.from(factors),
      effects: found.effects,
      work: workOf(context, trials, found),
    };
  });
}

/** Throws as the first. */
export async function computeRandom(
  opened: Opened,
  run: Run,
  request: ParamsOfSweep<'random'>,
  job: Job,
): Promise<RandomControl> {
  const { change, draws, matched, seed } = request;
  const { layers, heads } = opened.model.architecture;
  const set = distinctHeads(opened, request.heads);
  const drawn = await drawHeadSets({ layers, heads, set, draws, matched, seed }, breather(job));
  return withReader(opened, run, request.target, job, async ({ context, target, effects }) => {
    const trial = (name: string, of: readonly HeadId[]): Trial =>
      setTrial(
        context,
        name,
        of.map((where) => ({ ...change, where })),
      );
    const trials = [trial('Chosen heads', set), ...drawn.map((of, at) => trial(`Draw ${at + 1}`, of))];
    const found = await effects(trials, ['random', request], job);
    const [effect, ...others] = found.effects;
    return {
      target,
      effect: effect!,
      draws: others.map((each, at) => ({ heads: drawn[at]!, effect: each })),
      interval: randomIntervals(effect!, others),
      work: workOf(context, trials, found),
    };
  });
}

/** Throws as the first, and for a prompt of one token. */
export async function computeImportance(
  opened: Opened,
  run: Run,
  { epsilon, signed, finalNorm }: ParamsOfSweep<'importance'>,
  job: Job,
): Promise<ImportanceSweep> {
  refuseOneToken(run);
  const target = { position: null, token: null, against: null, finalNorm };
  return withReader(opened, run, target, job, async ({ context, target: compared, effects }) => {
    const { architecture } = context.model;
    const places = allPlaces('head', architecture);
    const weaker = placeTrials(context, { what: 'scale', parameters: { factor: 1 - epsilon } }, places);
    const gone = placeTrials(context, { what: 'zero' }, places);
    const found = await effects([...weaker, ...gone], ['importance', epsilon, finalNorm], job);
    const told = (value: number): number => (signed ? value : Math.abs(value));
    const exact = Float64Array.from(found.effects.slice(places.length), ({ nll }) => told(nll));
    const approximate = Float64Array.from(found.effects.slice(0, places.length), ({ nll }) => told(nll / epsilon));
    const [, , ofLoss] = effectTables(
      { change: { what: 'zero' }, places: 'head', target: compared, finalNorm, effects: [] },
      architecture,
    );
    const sign = signed ? 1 : 0;
    const table = { notApplicable: null, spread: null };
    return {
      epsilon,
      approximate: { ...table, info: michel.info, values: approximate, parameters: { epsilon, sign }, floor: 0 },
      exact: { ...ofLoss!, info: { ...ofLoss!.info, ...exactInfo(ofLoss!, signed) }, values: exact },
      error: finiteDifferenceError(approximate, exact),
      work: workOf(context, [...weaker, ...gone], found),
    };
  });
}

function exactInfo({ info }: ScoreTable, signed: boolean) {
  if (signed) return {};
  return {
    name: `${info.name}, magnitude`,
    definition: `Magnitude of: ${info.definition}`,
    domain: [0, null] as const,
  };
}

function workOf(context: SweepContext, trials: readonly Trial[], { milliseconds }: Swept) {
  return sweepWork(
    context,
    trials.map(({ firstLayer }) => firstLayer),
    milliseconds,
  );
}

/** Runs the prompt clean where it is not there, and reads its predictions. */
async function withReader<T>(
  opened: Opened,
  run: Run,
  target: EffectTarget,
  job: Job,
  work: (sweeping: Sweeping) => Promise<T>,
): Promise<T> {
  checkTarget(opened, run, target);
  const { capture, tokens } = run;
  const clean =
    run.plan === null
      ? run
      : await computeRun(opened, { ids: capture.ids, tokens }, [], { ...job, progress: () => undefined });
  return withSweep(opened, run, clean, async (context) => {
    const logits = logitsUnder(target.finalNorm, context.model, clean.capture);
    const quiet = { ...job, progress: () => undefined };
    const reader = await EffectReader.of({ model: context.model, capture, logits }, target, quiet);
    const named = (id: number) => ({ id, display: opened.model.tokenizer.describe(id).display });
    const { position, token, against, difference } = reader;
    return work({
      context,
      reader,
      target: { position, token: named(token), against: named(against), difference },
      effects: async (trials, key, own) => {
        const state = stateOf<Effect>(run, JSON.stringify(key), trials.length);
        const effects = await runTrials(
          context,
          trials,
          state,
          (changed, reading) => reader.read(changed, reading),
          own,
        );
        return { effects, milliseconds: state.milliseconds };
      },
    });
  });
}

/** Logits of runs of the prompt, with the final norm of each or with that of the clean one, whatever the run was read with. */
function logitsUnder(finalNorm: FinalNorm, model: SweepContext['model'], clean: Capture) {
  return (capture: Capture, start: number, end: number): Promise<Float32Array> => {
    const { tokens, ids, resid, layers, computedFrom } = capture;
    const plain = { tokens, ids, resid, layers, computedFrom };
    return logitRows(model, finalNorm === 'frozen' ? { ...plain, scaleFrom: clean } : plain, start, end);
  };
}

function checkTarget({ model }: Opened, { capture }: Run, { position, token, against }: EffectTarget): void {
  const { tokens } = capture;
  if (position !== null && position >= tokens) {
    throw new AppError('bad-request', `There is no position ${position}.`, {
      hint: `The prompt has positions 0 to ${tokens - 1}.`,
    });
  }
  const { vocabSize } = model.architecture;
  for (const id of [token, against]) {
    if (id === null || id < vocabSize) continue;
    throw new AppError('bad-request', `There is no token ${id} in the vocabulary of ${vocabSize}.`, {
      hint: `Use ids from 0 to ${vocabSize - 1}.`,
    });
  }
}

function refuseOneToken({ capture }: Run): void {
  if (capture.tokens > 1) return;
  throw new AppError('bad-request', 'The prompt has one token, which nothing predicts: there is no loss.', {
    hint: 'Run a longer prompt.',
  });
}

/** Each once, in their order. */
export function distinctHeads({ model }: Pick<Opened, 'model'>, given: readonly HeadId[]): HeadId[] {
  for (const head of given) checkHead(model.architecture, head);
  return [...new Map(given.map((head) => [formatHead(head), head])).values()];
}

/** Where a run beside the one that is changed keeps its arrays. Throws `too-large`, `io`. */
function keptArrays(opened: Opened, { capture }: Run, job: Job): Kept {
  const { where, refusal } = placeOfRun(opened, capture.tokens);
  if (refusal !== undefined) throw refusal;
  if (where === 'memory') {
    const loan = opened.runs.arrays.borrow();
    return { keeper: inLoan(loan), release: () => loan.release() };
  }
  checkRoom(opened.spillFolder, captureBytes(opened.model.architecture, capture.tokens));
  const file = new SpillFile(opened.spillFolder, opened.spillCache);
  return { keeper: onDisk(file, job.signal), release: () => file.release() };
}
