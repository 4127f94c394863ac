/** Joint ablation: one more place at a time, the one whose change adds the largest effect to that of those before it. */
import { effectSize, type Change, type Effect, type EffectMetric } from '../../shared/model/effect.ts';
import { samePlace, type Place, type PlaceKind } from '../../shared/model/place.ts';
import type { CaptureKeeper } from '../capture/capture-keeper.ts';
import type { Job } from '../forward/checkpoint.ts';
import { mergeEdits } from '../interventions/layer-edit.ts';
import { runChanged } from './changed-run.ts';
import type { EffectReader } from './effect-reader.ts';
import type { SweepContext } from './sweep-context.ts';
import { allPlaces, placeTrials, runTrials, startSweep, type SweepState } from './sweep-places.ts';

export interface GreedyRequest {
  readonly change: Change;
  readonly places: PlaceKind;
  readonly metric: EffectMetric;
  /** Steps; as many as there are places, at most. */
  readonly count: number;
}

export interface GreedyStep {
  readonly place: Place;
  readonly effect: Effect;
  /** First layers of its forwards, and of the one that holds what was taken before. */
  readonly firstLayers: readonly number[];
  readonly beside: readonly number[];
  readonly milliseconds: number;
}

/** Kept by the run, so that a search that was cancelled goes on where it stopped. */
export interface GreedyState {
  readonly steps: GreedyStep[];
  /** Of the next step: effects of the places that are left, with those that were taken. */
  next: SweepState<Effect> | null;
}

export function startGreedy(): GreedyState {
  return { steps: [], next: null };
}

/** Where the run with all that was taken so far is kept while the next step is searched. */
export interface Kept {
  readonly keeper: CaptureKeeper;
  release(): void;
}

/**
 * Completes `state` in place, up to `count` steps. The run with what was taken is kept, so that every forward of a step begins at its own
 * place's layer. Of equal effects the first place is taken. Throws `CancelledError`.
 */
export async function searchGreedily(
  context: SweepContext,
  { change, places, metric, count }: GreedyRequest,
  reader: EffectReader,
  state: GreedyState,
  keep: () => Kept,
  job: Job,
): Promise<readonly GreedyStep[]> {
  const all = allPlaces(places, context.model.architecture);
  const steps = Math.min(count, all.length);
  const progress = new StepProgress(all.length, steps, job);
  while (state.steps.length < steps) {
    const taken = state.steps.map(({ place }) => place);
    const left = all.filter((place) => !taken.some((other) => samePlace(place, other)));
    const next = (state.next ??= startSweep<Effect>(left.length));
    const stepJob = progress.step(taken.length);
    const kept = taken.length === 0 ? null : keep();
    try {
      const under = kept === null ? context : await onTop(context, change, taken, kept.keeper, stepJob);
      const trials = placeTrials(under, change, left);
      const effects = await runTrials(under, trials, next, (changed, own) => reader.read(changed, own), stepJob);
      const best = largest(effects, metric);
      state.steps.push({
        place: left[best]!,
        effect: effects[best]!,
        firstLayers: trials.map(({ firstLayer }) => firstLayer),
        beside: taken.length === 0 ? [] : [Math.min(...taken.map(({ layer }) => layer))],
        milliseconds: next.milliseconds,
      });
      state.next = null;
    } finally {
      kept?.release();
    }
  }
  return state.steps;
}

/** The run with the change at some places, as the one that others are changed in. */
async function onTop(
  context: SweepContext,
  change: Change,
  places: readonly Place[],
  keeper: CaptureKeeper,
  job: Job,
): Promise<SweepContext> {
  const quiet = { ...job, progress: () => undefined };
  const edits = await context.plan(
    places.map((where) => ({ ...change, where })),
    quiet,
  );
  return {
    ...context,
    capture: await runChanged(context, { edits }, quiet, keeper),
    edits: { layer: (layer) => mergeEdits(context.edits.layer(layer), edits.layer(layer)) },
  };
}

function largest(effects: readonly Effect[], metric: EffectMetric): number {
  const sizes = effects.map((effect) => effectSize(metric, effect));
  return sizes.reduce((best, size, at) => (size > sizes[best]! || Number.isNaN(sizes[best]!) ? at : best), 0);
}

/** Progress over steps, each of which has one place less to try. */
class StepProgress {
  readonly #places: number;
  readonly #steps: number;
  readonly #job: Job;
  readonly #started = performance.now();
  /** Places that were tried before this search went on. */
  #before: number | undefined;

  constructor(places: number, steps: number, job: Job) {
    this.#places = places;
    this.#steps = steps;
    this.#job = job;
  }

  step(step: number): Job {
    const tried = this.#tried(step);
    const total = this.#tried(this.#steps);
    const progress: Job['progress'] = ({ phase, done }) => {
      const all = tried + done;
      this.#before ??= all;
      const fresh = all - this.#before;
      const elapsed = performance.now() - this.#started;
      this.#job.progress({
        phase: `Step ${step + 1} of ${this.#steps}: ${phase}`,
        done: all,
        total,
        etaMs: fresh === 0 || elapsed < LEAST_MS ? null : Math.round((elapsed * (total - all)) / fresh),
      });
    };
    return { ...this.#job, progress };
  }

  /** In the steps before this one. */
  #tried(step: number): number {
    return step * this.#places - (step * (step - 1)) / 2;
  }
}

/** Before, it says more of the first forward than of all. */
const LEAST_MS = 300;
