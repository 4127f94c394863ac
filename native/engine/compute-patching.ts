/** Patching between two prompts: their alignment, activations of one put into the run of the other, and paths. */
import type { ParsedParamsOf, Tokenized } from '../../shared/contract/methods.ts';
import { alignInSteps } from '../../shared/model/align.ts';
import type { AlignedPair, PatchResult, PathResult, SweepWork, TokenChoiceName } from '../../shared/model/effect.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { frozenPath, recomputedPath } from '../patching/direct-path.ts';
import type { ReadDifference } from '../patching/patch-forward.ts';
import { planPatches } from '../patching/patch-grid.ts';
import type { PatchPair } from '../patching/patch-pair.ts';
import type { PatchStore } from '../patching/patch-store.ts';
import { comparedTokens, readPositions, recoveryOf } from '../patching/readout.ts';
import { patchBound, patchTrials, patchValues } from '../patching/patch-trials.ts';
import { pathBound, pathTrials, pathValues } from '../patching/path-trials.ts';
import { runTrials } from '../sweeps/sweep-places.ts';
import { computeRun } from './compute-run.ts';
import { checkHead } from './gains.ts';
import type { Opened } from './opened.ts';
import { checkedPrompt } from './prompt.ts';
import type { Run } from './run-store.ts';

type AlignRequest = ParsedParamsOf<'patch.align'>;
type PatchRequest = ParsedParamsOf<'patch.run'>;
type PathRequest = ParsedParamsOf<'patch.paths'>;

/** A checked pair of prompts. */
interface Pair {
  readonly clean: Pick<Tokenized, 'ids' | 'tokens'>;
  readonly corrupted: Pick<Tokenized, 'ids' | 'tokens'>;
  readonly aligned: AlignedPair;
}

/** Throws what `checkedPrompt` does of either prompt. */
export async function alignPair(opened: Opened, request: AlignRequest, job: Pick<Job, 'signal'>): Promise<AlignedPair> {
  return (await pairOf(opened, request, job)).aligned;
}

async function pairOf({ model }: Opened, request: AlignRequest, job: Pick<Job, 'signal'>): Promise<Pair> {
  const clean = checkedPrompt(model, request.clean, false);
  const corrupted = checkedPrompt(model, request.corrupted, false);
  const breathe = breather(job);
  const steps = alignInSteps(clean.ids, corrupted.ids, request.align);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) await breathe();
  const aligned = { clean: clean.tokens, corrupted: corrupted.tokens, partners: step.value };
  return { clean, corrupted, aligned };
}

/** Throws `bad-request` for what the model or the pair does not have; `CancelledError`, after which it goes on. */
export async function computePatches(
  opened: Opened,
  store: PatchStore,
  request: PatchRequest,
  job: Job,
): Promise<PatchResult> {
  const { direction, hook, grid } = request;
  return withPair(opened, request, job, async ({ aligned, patch, ends, read, key }) => {
    const context = { model: patch.model, capture: patch.receiver };
    const plan = planPatches(patch.model.architecture, request, patch.partners, ends.positions.receiver);
    const trials = patchTrials(patch, hook, plan);
    const state = store.open(key, trials.length);
    const results = await runTrials(context, trials, state, read, job, 1);
    const values = patchValues(plan, results, ends.own);
    const work: SweepWork = {
      forwards: trials.length,
      milliseconds: state.milliseconds,
      flopBound: patchBound(patch, hook, plan),
    };
    return {
      ...ends.named,
      pair: aligned,
      direction,
      hook,
      grid,
      shape: plan.shape,
      values,
      recovery: values.map((value) => recoveryOf(value, ends.named)),
      work,
    };
  });
}

/** Throws as `computePatches` does. */
export async function computePaths(
  opened: Opened,
  store: PatchStore,
  request: PathRequest,
  job: Job,
): Promise<PathResult> {
  const { direction, sender, mlps } = request;
  checkHead(opened.model.architecture, sender);
  return withPair(opened, request, job, async ({ aligned, patch, ends, read, key }) => {
    const context = { model: patch.model, capture: patch.receiver };
    const direct = mlps === 'recomputed' ? recomputedPath(patch, sender) : frozenPath(patch, sender);
    const trials = pathTrials(patch, sender, direct);
    const state = store.open(key, trials.length);
    const results = await runTrials(context, trials, state, read, job, 1);
    const { logits, q, k, v } = pathValues(patch.model, sender, results);
    const recovery = (values: Float64Array): Float64Array => values.map((value) => recoveryOf(value, ends.named));
    const work: SweepWork = {
      forwards: trials.length,
      milliseconds: state.milliseconds,
      flopBound: pathBound(patch, sender),
    };
    return {
      ...ends.named,
      pair: aligned,
      direction,
      sender,
      mlps,
      logits: recoveryOf(logits, ends.named),
      q: recovery(q),
      k: recovery(k),
      v: recovery(v),
      work,
    };
  });
}

interface Prepared {
  readonly aligned: AlignedPair;
  readonly patch: PatchPair;
  readonly ends: Ends;
  /** Of the run that is patched. */
  readonly read: ReadDifference;
  /** Equal keys have equal numbers. */
  readonly key: string;
}

interface Ends {
  readonly named: {
    readonly token: TokenChoiceName;
    readonly against: TokenChoiceName;
    readonly clean: number;
    readonly corrupted: number;
  };
  readonly positions: { readonly receiver: number; readonly donor: number };
  /** Logit difference of the run that is patched. */
  readonly own: number;
}

/** Runs both prompts, and keeps their arrays until the work is done. */
async function withPair<T>(
  opened: Opened,
  request: PatchRequest | PathRequest,
  job: Job,
  work: (prepared: Prepared) => Promise<T>,
): Promise<T> {
  const { clean, corrupted, aligned } = await pairOf(opened, request, job);
  const held: Run[] = [];
  try {
    const run = async (prompt: Pair['clean']): Promise<Capture> => {
      const made = await computeRun(opened, prompt, [], job);
      for (const holding of made.holdings) holding.retain();
      held.push(made);
      return made.capture;
    };
    const runs = { clean: await run(clean), corrupted: await run(corrupted) };
    return await work(await prepare(opened, request, runs, aligned));
  } finally {
    for (const { holdings } of held) for (const holding of holdings) holding.release();
  }
}

async function prepare(
  { model, sessions, kernel }: Opened,
  request: PatchRequest | PathRequest,
  runs: { readonly clean: Capture; readonly corrupted: Capture },
  aligned: AlignedPair,
): Promise<Prepared> {
  const { architecture, info } = model;
  const denoises = request.direction === 'denoise';
  const receiver = denoises ? runs.corrupted : runs.clean;
  const donor = denoises ? runs.clean : runs.corrupted;
  const partners = denoises ? inverseOf(aligned.partners, receiver.tokens) : aligned.partners;
  const positions = readPositions(request.target, partners, donor.tokens);
  // Frozen: patched runs keep the scale of the run that is patched.
  const isFrozen = request.target.finalNorm === 'frozen';
  const logitsOf = (capture: Capture, position: number, scaleFrom: Capture): Promise<Float32Array> => {
    const read = isFrozen ? { ...capture, scaleFrom } : capture;
    return logitRows({ architecture, sessions }, read, position, position + 1);
  };
  const own = await logitsOf(receiver, positions.receiver, receiver);
  const given = await logitsOf(donor, positions.donor, donor);
  const [clean, corrupted] = denoises ? [given, own] : [own, given];
  const { token, against } = comparedTokens(request.target, clean, corrupted);
  const difference = (logits: Float32Array): number => logits[token]! - logits[against]!;
  const named = (id: number): TokenChoiceName => ({ id, display: model.tokenizer.describe(id).display });
  const { clean: cleanPrompt, corrupted: corruptedPrompt, ...asked } = request;
  const ids = [runs.clean, runs.corrupted].map((run) =>
    Buffer.from(Int32Array.from(run.ids).buffer).toString('base64'),
  );
  return {
    aligned,
    patch: { model: { architecture, sessions, kernel }, receiver, donor, partners },
    ends: {
      named: {
        token: named(token),
        against: named(against),
        clean: difference(clean),
        corrupted: difference(corrupted),
      },
      positions,
      own: difference(own),
    },
    read: async (capture) => difference(await logitsOf(capture, positions.receiver, receiver)),
    key: JSON.stringify([info.modelId, cleanPrompt.kind, corruptedPrompt.kind, ids, asked]),
  };
}

/** Partners of the other side's positions. */
function inverseOf(partners: Int32Array, tokens: number): Int32Array {
  const inverse = new Int32Array(tokens).fill(-1);
  for (const [at, partner] of partners.entries()) if (partner !== -1) inverse[partner] = at;
  return inverse;
}
