/**
 * Sweeps, patching and what else changes one thing after the other because the person asked. One at a time; the engine
 * keeps what a cancelled one has done, so that it goes on from there when it is asked for again.
 */
import { AppError, toWireError } from '../../shared/base/app-error.ts';
import type { ParamsOf, Progress, ResultOf } from '../../shared/contract/methods.ts';
import type { MethodName } from '../../shared/contract/methods.ts';
import type { AlignedPair, PatchResult } from '../../shared/model/effect.ts';
import {
  EFFECT_KINDS,
  type EffectAbout,
  type EffectKind,
  type EffectResults,
} from '../../shared/model/effect-results.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import { changeText } from '../../shared/view/effects/change-text.ts';
import { plural } from '../../shared/view/format.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { summaryKey } from '../engine/data-keys.ts';
import type { EngineLink } from '../engine/engine-link.ts';
import type { ScoreController } from '../scores/score-controller.ts';
import type { EffectSettings } from '../state/effects-state.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { effectKey, pairKey, tasksKey } from './effect-keys.ts';
import {
  aboutModel,
  aboutPair,
  aboutRun,
  curveRequest,
  doseRequest,
  greedyRequest,
  importanceRequest,
  keysRequest,
  liveRun,
  openModel,
  pairRequest,
  patchRequest,
  pathsRequest,
  randomRequest,
  sweepRequest,
} from './effect-requests.ts';

export interface EffectControllerOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly link: EngineLink;
  readonly scores: Pick<ScoreController, 'addSweep'>;
}

/** The score that ranks heads for the curve of accuracy. */
export interface Ranking {
  readonly heads: readonly HeadId[];
  readonly name: string;
}

/** One question, of what is under way. */
type Ask = <M extends MethodName>(method: M, params: ParamsOf<M>) => Promise<ResultOf<M>>;

let made = 0;

/** Names a result; never used again in the life of the page. */
export function nextEffectId(): string {
  made += 1;
  return `e${made}`;
}

export class EffectController {
  readonly #options: EffectControllerOptions;
  readonly #latest = new LatestOnly<'job' | 'pair' | 'tasks'>();

  constructor(options: EffectControllerOptions) {
    this.#options = options;
  }

  onState(state: AppState, before: AppState): void {
    const { info } = state.model;
    if (info?.modelId !== before.model.info?.modelId) this.#forget();
    // What is under way was asked of a run that is gone.
    const runs = [state.run.clean?.key, state.run.changed?.key].join();
    const earlier = [before.run.clean?.key, before.run.changed?.key].join();
    const { job } = state.effects;
    if (job && job.kind !== 'curve' && runs !== earlier) this.cancel();
    if (state.run.stale && !before.run.stale) this.cancel();
  }

  set(change: Partial<EffectSettings>): void {
    const { settings } = this.#options.store.getState().effects;
    // Other settings are other work: nothing of them was begun.
    patch(this.#options.store, 'effects', { settings: { ...settings, ...change }, cancelled: undefined });
  }

  /** Answers whether there is a result. */
  async sweep(): Promise<boolean> {
    return this.#perform('sweep', async (ask, state) => {
      const request = sweepRequest(state);
      const about = aboutRun(state, liveRun(state));
      const { target, tables, work } = await ask('sweep.heads', request);
      const { change, places } = state.effects.settings;
      const name = `Sweep: ${changeText(change)}`;
      const every = { head: 'every head', 'kv-group': 'every KV group', layer: 'every layer' }[places];
      const detail = `${every} alone, ${baseText(about)}`;
      const { id } = this.#options.scores.addSweep({ name, detail, modelId: about.modelId }, tables);
      return { about, change, places, target, work, origin: id };
    });
  }

  async greedy(): Promise<boolean> {
    return this.#perform('greedy', async (ask, state) => {
      const request = greedyRequest(state);
      const about = aboutRun(state, liveRun(state));
      return { ...(await ask('sweep.greedy', request)), about, change: request.change };
    });
  }

  async dose(): Promise<boolean> {
    return this.#perform('dose', async (ask, state) => {
      const request = doseRequest(state);
      const about = aboutRun(state, liveRun(state));
      return { ...(await ask('sweep.dose', request)), about, place: request.place };
    });
  }

  async random(): Promise<boolean> {
    return this.#perform('random', async (ask, state) => {
      const request = randomRequest(state);
      const about = { ...aboutRun(state, state.run.clean!), on: '' };
      const { change, heads } = request;
      const { matched, seed } = state.effects.settings;
      return { ...(await ask('sweep.random', request)), about, change, heads, matched, seed };
    });
  }

  async curve(ranking: Ranking): Promise<boolean> {
    return this.#perform('curve', async (ask, state) => {
      const request = curveRequest(state, ranking.heads);
      // A generation recomputes the norm whatever was set.
      const about = { ...aboutModel(state), finalNorm: 'recomputed' as const };
      const { lengths, samples, seed, matched } = state.effects.settings.curve;
      const found = await ask('sweep.accuracy', request);
      return { ...found, about, rankedBy: ranking.name, matched, lengths, samples, seed };
    });
  }

  async keys(): Promise<boolean> {
    return this.#perform('keys', async (ask, state) => {
      const request = keysRequest(state);
      const run = liveRun(state);
      const summary = this.#options.cache.value(summaryKey(run.key));
      const { layer, head, query } = request;
      const tokens = Array.from({ length: query + 1 }, (_, key) => summary?.tokens[key]?.display ?? `#${key}`);
      const removals = await ask('run.keyRemovals', request);
      return { ...removals, about: aboutRun(state, run), head: { layer, head }, query, tokens };
    });
  }

  async patching(): Promise<boolean> {
    return this.#perform('patching', async (ask, state) => {
      const { direction } = state.effects.settings;
      const directions = direction === 'both' ? (['denoise', 'noise'] as const) : ([direction] as const);
      const requests = directions.map((each) => patchRequest(state, each));
      const about = aboutPair(state);
      const found: { denoise?: PatchResult; noise?: PatchResult } = {};
      for (const [at, request] of requests.entries()) found[directions[at]!] = await ask('patch.run', request);
      return { about, ...found };
    });
  }

  async paths(): Promise<boolean> {
    return this.#perform('paths', async (ask, state) => {
      const request = pathsRequest(state);
      const about = aboutPair(state);
      return { ...(await ask('patch.paths', request)), about };
    });
  }

  async importance(): Promise<boolean> {
    return this.#perform('importance', async (ask, state) => {
      const request = importanceRequest(state);
      const about = aboutRun(state, liveRun(state));
      const { epsilon, approximate, exact, error, work } = await ask('sweep.importance', request);
      const detail = `epsilon ${epsilon}, ${baseText(about)}`;
      const of = { name: 'Importance', detail, modelId: about.modelId };
      const { id } = this.#options.scores.addSweep(of, [approximate, exact]);
      const scores = { approximate: approximate.info.id, exact: exact.info.id };
      const { values: slopes } = approximate;
      const { values: effects } = exact;
      if (!slopes || !effects) {
        const why = approximate.notApplicable ?? exact.notApplicable ?? '';
        throw new AppError('bad-request', `There are no importances of this run. ${why}`.trim(), {
          hint: 'Run a longer prompt.',
        });
      }
      const signed = request.signed ?? false;
      return { about, epsilon, signed, error, work, origin: id, scores, approximate: slopes, exact: effects };
    });
  }

  cancel(): void {
    const { job } = this.#options.store.getState().effects;
    this.#latest.abort('job');
    if (job) patch(this.#options.store, 'effects', { job: undefined, cancelled: job.kind });
  }

  /** The two prompts side by side, for the editor of the pair. */
  async align(): Promise<void> {
    const { store, cache, link } = this.#options;
    const state = store.getState();
    const key = pairKeyOf(state);
    if (key === undefined || cache.get(key)?.status === 'ready') return;
    const signal = this.#latest.begin('pair');
    try {
      const pair: AlignedPair = await link.connected().call('patch.align', pairRequest(state), { signal });
      if (!signal.aborted) cache.set(key, { status: 'ready', value: pair });
    } catch (error) {
      if (!signal.aborted) cache.set(key, { status: 'failed', error: toWireError(error) });
    }
  }

  async loadTasks(): Promise<void> {
    const { store, cache, link } = this.#options;
    const { info, live } = store.getState().model;
    if (!info || !live || cache.get(tasksKey(info.modelId))?.status === 'ready') return;
    const signal = this.#latest.begin('tasks');
    try {
      const { tasks } = await link.connected().call('task.list', {}, { signal });
      const own: readonly TaskInfo[] = tasks;
      if (!signal.aborted) cache.set(tasksKey(info.modelId), { status: 'ready', value: own });
    } catch (error) {
      if (!signal.aborted) cache.set(tasksKey(info.modelId), { status: 'failed', error: toWireError(error) });
    }
  }

  /** The engine, the model or the connection goes away. */
  stop(): void {
    this.#latest.abortAll();
    patch(this.#options.store, 'effects', { job: undefined, cancelled: undefined });
  }

  /** Results of another model are none of this one. */
  #forget(): void {
    const { store, cache } = this.#options;
    const { model, effects } = store.getState();
    const kept: Partial<Record<EffectKind, string>> = {};
    for (const kind of EFFECT_KINDS) {
      const id = effects.results[kind];
      if (id === undefined) continue;
      const result = cache.value(effectKey(kind, id));
      if (result?.about.modelId === model.info?.modelId) kept[kind] = id;
      else cache.delete(effectKey(kind, id));
    }
    patch(store, 'effects', { results: kept, failed: undefined, cancelled: undefined });
  }

  async #perform<Kind extends EffectKind>(
    kind: Kind,
    work: (ask: Ask, state: AppState) => Promise<EffectResults[Kind]>,
  ): Promise<boolean> {
    const { store, cache, link } = this.#options;
    const signal = this.#latest.begin('job');
    const onProgress = (progress: Progress) => {
      if (!signal.aborted) patch(store, 'effects', { job: { kind, progress } });
    };
    patch(store, 'effects', { job: { kind, progress: undefined }, cancelled: undefined, failed: undefined });
    try {
      const ask: Ask = (method, params) => link.connected().call(method, params, { signal, onProgress });
      const state = store.getState();
      openModel(state);
      const value = await work(ask, state);
      if (signal.aborted) return false;
      const before = store.getState().effects.results[kind];
      if (before !== undefined) cache.delete(effectKey(kind, before));
      const id = nextEffectId();
      cache.set(effectKey(kind, id), { status: 'ready', value });
      const { results } = store.getState().effects;
      patch(store, 'effects', { job: undefined, results: { ...results, [kind]: id } });
      return true;
    } catch (error) {
      // Whoever aborted has set the state that follows.
      if (signal.aborted) return false;
      const failure = toWireError(error);
      // The death of the engine is announced by itself.
      const silent = failure.code === 'engine-died' || failure.code === 'cancelled';
      patch(store, 'effects', { job: undefined, failed: silent ? undefined : { kind, error: failure } });
      return false;
    }
  }
}

/** What was changed further, in a few words. */
function baseText({ on, tokens, prompt }: EffectAbout): string {
  const base = on === '' ? 'the clean run' : `a run with ${on}`;
  return `on ${base}, ${plural(tokens ?? 0, 'token')}: ${prompt}`;
}

/** Of the pair as it is set; undefined where there is none. */
export function pairKeyOf(state: AppState): ReturnType<typeof pairKey> | undefined {
  const { info } = state.model;
  if (!info || !state.run.source) return undefined;
  try {
    const { clean, corrupted, align } = pairRequest(state);
    const text = (prompt: typeof clean) => (prompt.kind === 'ids' ? prompt.ids.join(' ') : JSON.stringify(prompt));
    return pairKey(info.modelId, JSON.stringify([text(clean), text(corrupted), align]));
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
