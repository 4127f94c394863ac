/**
 * Scores that are computed because the person asked: those that cost forwards, and those of probe sets and files. What
 * comes with every run is loaded by `engine/data-loader.ts`.
 */
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { ParamsOf, Progress } from '../../shared/contract/methods.ts';
import { importScores, type ImportedFile } from '../../shared/model/import-scores.ts';
import type { FigureRecipeInput } from '../../shared/figure/recipe.ts';
import { scoreUnder } from '../../shared/view/atlas/sink-twins.ts';
import type { BroughtScore } from '../../shared/figure/brought-score.ts';
import type { ProbeResult } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { forwardsKey, originKey } from '../engine/data-keys.ts';
import type { EngineLink } from '../engine/engine-link.ts';
import { choiceOf, parametersText } from '../engine/score-choice.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';
import { shownRun } from '../state/selectors.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { probeDetail } from './probe-detail.ts';

export interface ScoreControllerOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly link: EngineLink;
}

export type ProbeRequest = ParamsOf<'probe.run'>;

export class ScoreController {
  readonly #store: AppStore;
  readonly #cache: DataCache;
  readonly #link: EngineLink;
  readonly #latest = new LatestOnly<'lists' | 'forwards' | 'probe'>();
  #made = 0;

  constructor({ store, cache, link }: ScoreControllerOptions) {
    this.#store = store;
    this.#cache = cache;
    this.#link = link;
  }

  onState(state: AppState, before: AppState): void {
    const opened = state.model.live && state.host.engine === 'ready' ? state.model.info?.modelId : undefined;
    const earlier = before.model.live && before.host.engine === 'ready' ? before.model.info?.modelId : undefined;
    if (opened !== undefined && opened !== earlier) void this.#list();
    if (state.model.info?.modelId !== before.model.info?.modelId) this.#forgetOthers();
    const run = shownRun(state);
    if (run?.key !== shownRun(before)?.key || state.run.stale) this.cancelForwards();
  }

  /** Computes scores of the run on screen that cost forwards. */
  async computeForwards(ids: readonly string[]): Promise<void> {
    const state = this.#store.getState();
    const run = shownRun(state);
    const { list, parameters } = state.scores;
    const wanted = list.filter(({ id }) => ids.includes(id));
    if (!run || wanted.length === 0) return;
    const name = wanted.map((info) => info.name).join(', ');
    const tables = await this.#perform('forwards', name, async (signal, onProgress) => {
      const params = { runId: run.runId, ...choiceOf(wanted, parameters) };
      return (await this.#link.connected().call('run.scores', params, { signal, onProgress })).scores;
    });
    for (const table of tables ?? []) {
      const key = forwardsKey(run.key, table.info.id, parametersText(parameters[table.info.id]));
      this.#cache.set(key, { status: 'ready', value: table });
    }
  }

  cancelForwards(): void {
    this.#cancel('forwards');
  }

  /** Scores heads over a probe set; answers the origin that has them. Asked again after a cancel, it goes on. */
  async runProbe(request: ProbeRequest, name: string): Promise<ScoreOrigin | undefined> {
    const modelId = this.#store.getState().model.info?.modelId;
    const result = await this.#perform<ProbeResult>('probe', name, (signal, onProgress) =>
      this.#link.connected().call('probe.run', request, { signal, onProgress }),
    );
    if (!result || modelId === undefined) return undefined;
    const { probe, probeId, scores, retrieval } = result;
    const known = this.#store.getState().scores.origins.find((origin) => origin.probeId === probeId);
    if (known) return known;
    const origin = { kind: 'probe', name, detail: probeDetail(result), probe, probeId, modelId } as const;
    return this.#add(origin, scores, retrieval ?? undefined);
  }

  cancelProbe(): void {
    this.#cancel('probe');
  }

  /** Adds the scores of a file that others wrote. Throws what `importScores` throws. */
  async importFile(file: ImportedFile): Promise<ScoreOrigin | undefined> {
    const { info } = this.#store.getState().model;
    if (!info) return undefined;
    const table = await importScores(file, info, () => new Promise((resolve) => setTimeout(resolve, 0)));
    if (this.#store.getState().model.info?.modelId !== info.modelId) return undefined;
    const detail = table.info.name.replace(/,.*$/, '');
    const none = { probe: undefined, probeId: undefined };
    const origin = { kind: 'file', name: file.name, detail, ...none, modelId: info.modelId } as const;
    return this.#add(origin, [table], undefined);
  }

  /** The tables that a figure names and that the engine does not have. */
  brought(recipe: FigureRecipeInput): BroughtScore[] {
    const { origins } = this.#store.getState().scores;
    const named = scoresOfRecipe(recipe);
    const mode = ('sinkMode' in recipe && recipe.sinkMode) || 'show';
    const twins = new Set(named === 'all' ? [] : [...named].map((key) => scoreUnder(mode, key)));
    return origins.flatMap((origin) => {
      const tables = this.#cache.value(originKey(origin.id))?.tables ?? [];
      return tables.flatMap((table) => {
        const key = `${origin.id}:${table.info.id}`;
        return named === 'all' || named.has(key) || twins.has(key)
          ? [{ key, origin: `${origin.name}, ${origin.detail}`, table }]
          : [];
      });
    });
  }

  /** Adds the effects of a change at every place; an earlier sweep of the same gives way. */
  addSweep(
    { name, detail, modelId }: Pick<ScoreOrigin, 'name' | 'detail' | 'modelId'>,
    tables: readonly ScoreTable[],
  ): ScoreOrigin {
    const { origins } = this.#store.getState().scores;
    const known = origins.find((origin) => origin.kind === 'sweep' && origin.name === name && origin.detail === detail);
    if (known) {
      this.#cache.set(originKey(known.id), { status: 'ready', value: { tables, retrieval: undefined } });
      return known;
    }
    return this.#add({ kind: 'sweep', name, detail, probe: undefined, probeId: undefined, modelId }, tables, undefined);
  }

  removeOrigin(id: string): void {
    const { origins } = this.#store.getState().scores;
    patch(this.#store, 'scores', { origins: origins.filter((origin) => origin.id !== id) });
    this.#cache.delete(originKey(id));
  }

  /** The engine, the model or the connection goes away. */
  stop(): void {
    this.#latest.abortAll();
    patch(this.#store, 'scores', { forwards: undefined, probe: undefined });
  }

  #add(
    origin: Omit<ScoreOrigin, 'id'>,
    tables: readonly ScoreTable[],
    retrieval: ProbeResult['retrieval'] | undefined,
  ): ScoreOrigin {
    const { origins } = this.#store.getState().scores;
    let id: string;
    do id = `${origin.kind}-${++this.#made}`;
    while (origins.some((other) => other.id === id));
    const added = { ...origin, id };
    this.#cache.set(originKey(id), { status: 'ready', value: { tables, retrieval: retrieval ?? undefined } });
    patch(this.#store, 'scores', { origins: [...origins, added] });
    return added;
  }

  async #list(): Promise<void> {
    const signal = this.#latest.begin('lists');
    try {
      const client = this.#link.connected();
      const [{ scores }, { probes }] = await Promise.all([
        client.call('score.list', {}, { signal }),
        client.call('probe.list', {}, { signal }),
      ]);
      if (!signal.aborted) patch(this.#store, 'scores', { list: scores, probes });
    } catch {
      // Without the lists there is what came with the run, and nothing to choose from beside it.
    }
  }

  /** Scores of another model have no place in this one. */
  #forgetOthers(): void {
    const { model, scores } = this.#store.getState();
    const modelId = model.info?.modelId;
    const [kept, gone] = [true, false].map((own) => scores.origins.filter((of) => (of.modelId === modelId) === own));
    for (const { id } of gone!) this.#cache.delete(originKey(id));
    if (gone!.length > 0) patch(this.#store, 'scores', { origins: kept! });
  }

  /** Undefined where it was cancelled or failed; the state says which. */
  async #perform<T>(
    slot: 'forwards' | 'probe',
    name: string,
    work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<T>,
  ): Promise<T | undefined> {
    const signal = this.#latest.begin(slot);
    this.#tell(slot, { name, progress: undefined }, undefined);
    try {
      const value = await work(signal, (progress) => {
        if (!signal.aborted) this.#tell(slot, { name, progress }, undefined);
      });
      if (signal.aborted) return undefined;
      this.#tell(slot, undefined, undefined);
      return value;
    } catch (error) {
      if (signal.aborted) return undefined;
      const failure = toWireError(error);
      // The death of the engine is announced by itself.
      const silent = failure.code === 'engine-died' || failure.code === 'cancelled';
      this.#tell(slot, undefined, silent ? undefined : failure);
      return undefined;
    }
  }

  #tell(
    slot: 'forwards' | 'probe',
    job: { readonly name: string; readonly progress: Progress | undefined } | undefined,
    error: WireError | undefined,
  ): void {
    patch(
      this.#store,
      'scores',
      slot === 'forwards' ? { forwards: job, forwardsError: error } : { probe: job, probeError: error },
    );
  }

  #cancel(slot: 'forwards' | 'probe'): void {
    this.#latest.abort(slot);
    if (this.#store.getState().scores[slot]) this.#tell(slot, undefined, undefined);
  }
}

/** Keys of the scores that a figure draws. */
function scoresOfRecipe(recipe: FigureRecipeInput): ReadonlySet<string> | 'all' {
  switch (recipe.view) {
    case 'atlas':
    case 'histogram':
      return new Set([recipe.score ?? '']);
    case 'scatter':
      return new Set([recipe.x ?? '', recipe.y ?? '']);
    case 'ranked':
      return new Set([recipe.sortBy ?? '', ...(recipe.scores ?? [])]);
    case 'head':
      return 'all';
    default:
      return new Set();
  }
}
