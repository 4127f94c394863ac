/**
 * Turns the state into requests and answers into state. It keeps the open model, the clean run of the prompt and the
 * changed run of the interventions in step with what the person asks for; the latest wish wins, and what it overtakes
 * is cancelled.
 *
 * The engine may die and the host may go away at any time: runs on screen then become stale, stay visible, and are made
 * again (`#replay`) as soon as there is an engine. Nothing the person did is lost with it.
 */
import { AppError, CancelledError, toWireError } from '../../shared/base/app-error.ts';
import { PROTOCOL_VERSION } from '../../shared/contract/methods.ts';
import type {
  CellReading,
  Events,
  ParamsOf,
  Progress,
  Prompt,
  ResultOf,
  RunSummary,
  Tile,
} from '../../shared/contract/methods.ts';
import { interventionsKey } from '../../shared/model/intervention.ts';
import type { Client } from '../../shared/rpc/client.ts';
import type { Activity } from '../base/activity.ts';
import { createDebounce } from '../base/debounce.ts';
import { LatestOnly } from '../base/latest-only.ts';
import { resetEdits, selectHeadByRule } from '../state/edits.ts';
import type { PromptSource, RunHandle, RunJob } from '../state/run-state.ts';
import { promptSource } from '../state/selectors.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { withActivity } from './activity-client.ts';
import type { DataCache } from './data-cache.ts';
import { scoresKey, summaryKey } from './data-keys.ts';
import { demandsOf, type DataSlot, type Demand } from './demands.ts';
import { parseIds } from './parse-ids.ts';
import { pickHead } from './pick-head.ts';

type Slot = 'model' | 'clean' | 'changed' | 'count' | DataSlot;

const DATA_SLOTS: readonly DataSlot[] = ['cleanScores', 'scores', 'comparison', 'profile', 'token'];
const SHIPPED = 'demo';
const COUNT_DELAY_MS = 250;
const PREVIEW_DELAY_MS = 40;
/** An engine that dies again on the same work would otherwise be restarted for ever. */
const MOST_REPLAYS_IN_A_ROW = 2;

type Opened = 'open' | 'failed' | 'cancelled';

interface Wanted {
  readonly source: PromptSource;
  readonly cut: boolean;
}

export interface SessionOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly activity: Activity;
  /** The desktop menu or the command line asked for a command. */
  readonly onShellCommand?: (command: string, argument: string | undefined) => void;
}

export class Session {
  readonly #store: AppStore;
  readonly #cache: DataCache;
  readonly #activity: Activity;
  readonly #onShellCommand: ((command: string, argument: string | undefined) => void) | undefined;
  readonly #latest = new LatestOnly<Slot>();
  readonly #slotKeys = new Map<DataSlot, string>();
  readonly #countDebounce;
  readonly #previewDebounce;
  #client: Client | undefined;
  /** What `model.open` was last answered for. */
  #openPath: string | undefined;
  /** What the engine is to run; differs from the run on screen while it is under way. */
  #wanted: Wanted | undefined;
  /** Counts engines, so that run ids of a dead one are not taken for those of its successor. */
  #epoch = 0;
  #replaysInARow = 0;

  constructor({ store, cache, activity, onShellCommand }: SessionOptions) {
    this.#store = store;
    this.#cache = cache;
    this.#activity = activity;
    this.#onShellCommand = onShellCommand;
    this.#countDebounce = createDebounce(activity, COUNT_DELAY_MS);
    this.#previewDebounce = createDebounce(activity, PREVIEW_DELAY_MS);
    store.subscribe((state, before) => this.#onState(state, before));
  }

  /** Takes a fresh connection into use. Must be called in the task that made it, or its first event is missed. */
  attach(plainClient: Client): void {
    const client = withActivity(plainClient, this.#activity);
    this.#client = client;
    client.onEvent('hello', (hello) => this.#onHello(client, hello));
    client.onEvent('engine.exited', (event) => this.#onEngineExited(event));
    client.onEvent('engine.ready', ({ afterExit }) => {
      if (afterExit) void this.#activity.track(this.#replay());
    });
    client.onEvent('shell.command', ({ command, argument }) => this.#onShellCommand?.(command, argument));
    client.onClose(() => {
      if (this.#client === client) this.#lose();
    });
  }

  /** Opens a model in place of the one before, and runs the prompt on it. */
  async openModel(path: string): Promise<void> {
    if (!this.#client) return;
    this.#stopWork();
    patch(this.#store, 'run', { stale: true, error: undefined });
    const opened = await this.#open(path, false);
    if (opened === 'open') await this.#runIfAny();
    // The engine closed the model before; without it nothing on screen could be asked about any more.
    else if (opened === 'failed' && this.#openPath !== undefined) await this.#reopenAndRun();
  }

  /** Gives up opening and goes back to the model before. */
  async cancelOpening(): Promise<void> {
    this.#latest.abort('model');
    patch(this.#store, 'model', { opening: undefined });
    if (this.#openPath !== undefined) await this.#reopenAndRun();
  }

  /** Runs what the editor holds. `cut`: without what is past the context limit. */
  async runPrompt({ cut = false } = {}): Promise<void> {
    const state = this.#store.getState();
    const source = promptSource(state);
    if (!state.model.info || isBlank(source)) {
      patch(this.#store, 'run', { error: state.model.info ? emptyPrompt(source) : undefined });
      return;
    }
    await this.#runClean({ source, cut });
  }

  /** An empty prompt is a mistake only when the person runs it. */
  async #runIfAny(): Promise<void> {
    if (!isBlank(promptSource(this.#store.getState()))) await this.runPrompt();
  }

  /** Makes the changed run again, after it was cancelled or failed. */
  async runInterventions(): Promise<void> {
    await this.#runChanged();
  }

  cancelRun(): void {
    const { job } = this.#store.getState().run;
    if (!job) return;
    this.#latest.abort('clean');
    this.#latest.abort('changed');
    const cancelled = { code: 'cancelled', message: 'The ablated run was cancelled.' } as const;
    patch(this.#store, 'run', { job: undefined, ...(job.kind === 'changed' ? { changedError: cancelled } : {}) });
    if (job.kind === 'clean') this.#backToShown();
  }

  /** The hard cancel: kills the engine process; the host starts another, which runs everything again. */
  async restartEngine(): Promise<void> {
    this.#replaysInARow = 0;
    await this.#orNotice(() => this.#connected().call('shell.restartEngine', {}));
  }

  /** After the engine died too often on the same work. */
  async tryAgain(): Promise<void> {
    this.#replaysInARow = 0;
    patch(this.#store, 'run', { error: undefined });
    await this.#replay();
  }

  async loadModels(): Promise<void> {
    const { models } = (await this.#client?.call('shell.models', {})) ?? { models: [] };
    patch(this.#store, 'model', { entries: models });
  }

  async browse(path: string | undefined, signal: AbortSignal): Promise<ResultOf<'shell.browse'>> {
    return this.#connected().call('shell.browse', path === undefined ? {} : { path }, { signal });
  }

  /** The system's dialog; undefined when it was dismissed. */
  async pickFolder(): Promise<string | undefined> {
    const picked = await this.#orNotice(() => this.#connected().call('shell.pickFolder', {}));
    return picked?.path ?? undefined;
  }

  async tile(run: RunHandle, params: Omit<ParamsOf<'run.tile'>, 'runId'>, signal: AbortSignal): Promise<Tile> {
    return this.#ask(run, () => this.#connected().call('run.tile', { ...params, runId: run.runId }, { signal }));
  }

  async cell(run: RunHandle, params: Omit<ParamsOf<'run.cell'>, 'runId'>, signal: AbortSignal): Promise<CellReading> {
    return this.#ask(run, () => this.#connected().call('run.cell', { ...params, runId: run.runId }, { signal }));
  }

  /** Asks again for data that failed to come. */
  retry(key: string): void {
    this.#cache.delete(key);
    for (const [slot, slotKey] of this.#slotKeys) if (slotKey === key) this.#slotKeys.delete(slot);
    this.#reconcile(this.#store.getState());
  }

  /** For actions without a place of their own: a failure is told under the top bar. */
  async #orNotice<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      const { code, message, hint } = toWireError(error);
      const text = hint === undefined ? message : `${message} ${hint}`;
      if (code !== 'cancelled') patch(this.#store, 'ui', { notice: { tone: 'bad', text } });
      return undefined;
    }
  }

  #connected(): Client {
    if (!this.#client) throw new CancelledError();
    return this.#client;
  }

  /** Requests about a run that is no longer on screen end as cancelled, however they failed. */
  async #ask<T>(run: RunHandle, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { clean, changed, stale } = this.#store.getState().run;
      const current = run.key === clean?.key || run.key === changed?.key;
      if (!current || stale || (error instanceof AppError && error.code === 'engine-died')) throw new CancelledError();
      throw error;
    }
  }

  // --- connection and engine ---------------------------------------------------------------------------------------

  #onHello(client: Client, hello: Events['hello']): void {
    if (hello.protocol !== PROTOCOL_VERSION) {
      const error = new AppError(
        'protocol-mismatch',
        `This page speaks version ${PROTOCOL_VERSION} of the protocol, its host version ${hello.protocol}.`,
        { hint: 'Reload the page. If that does not help, start the host again.' },
      );
      patch(this.#store, 'model', { failed: { path: '', error: toWireError(error) } });
      client.close();
      return;
    }
    const { shell, platform, version } = hello;
    patch(this.#store, 'host', { connection: { status: 'open' }, shell, platform, version });
    void this.#activity.track(this.#start());
  }

  async #start(): Promise<void> {
    const lists = Promise.all([this.loadModels(), this.#loadExamples()]).catch(ignoreListFailure);
    if (this.#openPath !== undefined) {
      this.#epoch += 1;
      this.#replaysInARow = 0;
      await this.#replay();
      return;
    }
    // Both at once: the model takes the longer of the two.
    const opened = this.#open(SHIPPED, false);
    await lists;
    const { prompt } = this.#store.getState();
    const [first] = prompt.examples;
    if (prompt.text === '' && first) patch(this.#store, 'prompt', { text: first.text });
    if ((await opened) === 'open') await this.#runIfAny();
  }

  async #loadExamples(): Promise<void> {
    const { examples } = await this.#connected().call('shell.examples', {});
    patch(this.#store, 'prompt', { examples });
  }

  #onEngineExited({ reason, byRequest }: Events['engine.exited']): void {
    this.#epoch += 1;
    this.#stopWork();
    if (byRequest) this.#replaysInARow = 0;
    patch(this.#store, 'host', { engine: 'restarting' });
    patch(this.#store, 'run', { stale: true });
    const text = byRequest
      ? 'The engine is being restarted.'
      : `The engine stopped (${reason}) and is being restarted.`;
    patch(this.#store, 'ui', { notice: { tone: byRequest ? 'info' : 'bad', text } });
  }

  #lose(): void {
    this.#client = undefined;
    this.#stopWork();
    patch(this.#store, 'run', { stale: true });
  }

  #stopWork(): void {
    this.#latest.abortAll();
    this.#slotKeys.clear();
    this.#previewDebounce.cancel();
    patch(this.#store, 'run', { job: undefined });
    patch(this.#store, 'model', { opening: undefined });
  }

  /** Opens the model again and runs prompt and interventions, keeping every choice. */
  async #replay(): Promise<void> {
    this.#replaysInARow += 1;
    if (this.#replaysInARow > MOST_REPLAYS_IN_A_ROW) {
      patch(this.#store, 'host', { engine: 'ready' });
      const error = new AppError('engine-died', 'The engine stopped again on the same work, so it was not repeated.', {
        hint: 'Change the prompt or open another model, then try again.',
      });
      patch(this.#store, 'run', { error: toWireError(error) });
      return;
    }
    const epoch = this.#epoch;
    const opened = await this.#reopenAndRun();
    if (epoch !== this.#epoch || opened === 'cancelled') return;
    this.#replaysInARow = 0;
    patch(this.#store, 'host', { engine: 'ready' });
    if (opened === 'open' && this.#store.getState().ui.notice) {
      const text = 'The engine was restarted. Model, prompt and interventions were run again.';
      patch(this.#store, 'ui', { notice: { tone: 'info', text } });
    }
  }

  async #reopenAndRun(): Promise<Opened> {
    const opened = await this.#open(this.#openPath ?? SHIPPED, true);
    if (opened === 'open') {
      patch(this.#store, 'host', { engine: 'ready' });
      if (this.#wanted) await this.#runClean(this.#wanted);
      else await this.#runIfAny();
    }
    return opened;
  }

  // --- model -------------------------------------------------------------------------------------------------------

  /** `keepFailure`: the message about another model that could not be opened stays while this one comes back. */
  async #open(path: string, keepFailure: boolean): Promise<Opened> {
    const signal = this.#latest.begin('model');
    const { model } = this.#store.getState();
    patch(this.#store, 'model', {
      opening: { path, progress: undefined },
      failed: keepFailure ? model.failed : undefined,
    });
    try {
      const onProgress = (progress: Progress) => {
        if (!signal.aborted) patch(this.#store, 'model', { opening: { path, progress } });
      };
      const info = await this.#connected().call('model.open', { path }, { signal, onProgress });
      if (signal.aborted) return 'cancelled';
      if (this.#store.getState().model.info?.modelId !== info.modelId) {
        this.#dropRuns();
        resetEdits(this.#store);
        this.#wanted = undefined;
        patch(this.#store, 'prompt', { bos: info.bos !== null && info.bosByDefault, mode: 'edit' });
      }
      this.#openPath = path;
      patch(this.#store, 'model', { info, opening: undefined });
      void this.loadModels().catch(ignoreListFailure);
      return 'open';
    } catch (error) {
      if (signal.aborted || error instanceof CancelledError) return 'cancelled';
      patch(this.#store, 'model', { opening: undefined, failed: { path, error: toWireError(error) } });
      // A dead engine is followed by another, and that by a replay.
      return error instanceof AppError && error.code === 'engine-died' ? 'cancelled' : 'failed';
    }
  }

  #dropRuns(): void {
    const { clean, changed } = this.#store.getState().run;
    patch(this.#store, 'run', {
      clean: undefined,
      changed: undefined,
      source: undefined,
      error: undefined,
      changedError: undefined,
      stale: false,
    });
    for (const run of [clean, changed]) if (run) this.#cache.dropRun(run.key);
  }

  // --- runs --------------------------------------------------------------------------------------------------------

  async #runClean(wanted: Wanted): Promise<void> {
    const prompt = toPrompt(wanted.source);
    if (prompt instanceof AppError) {
      patch(this.#store, 'run', { error: toWireError(prompt) });
      return;
    }
    this.#wanted = wanted;
    this.#latest.abort('changed');
    const summary = await this.#startRun('clean', prompt, wanted.cut);
    if (!summary) return;

    const before = this.#store.getState();
    const clean = this.#handle(summary, '');
    const sameTokens = sameIds(this.#idsOf(before.run.clean), summary.ids);
    this.#cache.set(summaryKey(clean.key), { status: 'ready', value: summary });
    this.#store.setState((state) => ({
      run: {
        ...state.run,
        job: undefined,
        clean,
        changed: undefined,
        source: wanted.source,
        cut: wanted.cut,
        stale: false,
        error: undefined,
        changedError: undefined,
      },
      prompt: { ...state.prompt, mode: sameTokens ? state.prompt.mode : 'tokens' },
      edit: sameTokens ? state.edit : { ...state.edit, pinnedToken: undefined },
      ui: { ...state.ui, hoverToken: undefined },
    }));
    this.#release(before.run.clean);
    this.#release(before.run.changed);
    if (before.edit.interventions.length > 0) await this.#runChanged();
  }

  async #runChanged(): Promise<void> {
    const { edit, run } = this.#store.getState();
    if (!run.clean || !run.source || run.stale) return;
    if (edit.interventions.length === 0) {
      this.#latest.abort('changed');
      patch(this.#store, 'run', {
        changed: undefined,
        changedError: undefined,
        job: run.job?.kind === 'changed' ? undefined : run.job,
      });
      this.#release(run.changed);
      return;
    }
    const prompt = toPrompt(run.source);
    if (prompt instanceof AppError) return;
    const summary = await this.#startRun('changed', prompt, run.cut);
    if (!summary) return;

    const { changed: before } = this.#store.getState().run;
    const changed = this.#handle(summary, interventionsKey(edit.interventions));
    this.#cache.set(summaryKey(changed.key), { status: 'ready', value: summary });
    patch(this.#store, 'run', { job: undefined, changed, changedError: undefined });
    this.#release(before);
  }

  /** Undefined when it failed, was cancelled, or was overtaken; the state then says so already. */
  async #startRun(kind: RunJob['kind'], prompt: Prompt, cut: boolean): Promise<RunSummary | undefined> {
    const signal = this.#latest.begin(kind);
    const epoch = this.#epoch;
    const interventions = kind === 'clean' ? [] : this.#store.getState().edit.interventions;
    patch(this.#store, 'run', {
      job: { kind, progress: undefined },
      ...(kind === 'clean' ? { error: undefined } : { changedError: undefined }),
    });
    try {
      const onProgress = (progress: Progress) => {
        if (!signal.aborted) patch(this.#store, 'run', { job: { kind, progress } });
      };
      const params = { prompt, interventions: [...interventions], cut };
      const summary = await this.#connected().call('run.start', params, { signal, onProgress });
      return signal.aborted || epoch !== this.#epoch ? undefined : summary;
    } catch (error) {
      // Whoever aborted has set the state that follows.
      if (signal.aborted) return undefined;
      const failure = toWireError(error);
      // A replay follows; an error in its place would only flash.
      const silent = failure.code === 'engine-died' || failure.code === 'cancelled';
      patch(this.#store, 'run', {
        job: undefined,
        ...(silent ? {} : kind === 'clean' ? { error: failure } : { changedError: failure }),
      });
      if (kind === 'clean' && !silent) this.#backToShown();
      return undefined;
    }
  }

  /** The run on screen stays: it is what a restart has to bring back, and what interventions apply to. */
  #backToShown(): void {
    const { run, edit } = this.#store.getState();
    this.#wanted = run.source ? { source: run.source, cut: run.cut } : undefined;
    const isBehind = interventionsKey(edit.interventions) !== (run.changed?.interventions ?? '');
    if (isBehind) void this.#activity.track(this.#runChanged());
  }

  #handle(summary: RunSummary, interventions: string): RunHandle {
    return {
      key: `${this.#epoch}/${summary.runId}`,
      runId: summary.runId,
      tokens: summary.ids.length,
      cutTokens: summary.cutTokens,
      badge: summary.badges[0] ?? 'exact',
      interventions,
    };
  }

  #idsOf(run: RunHandle | undefined): Int32Array | undefined {
    return run && this.#cache.value(summaryKey(run.key))?.ids;
  }

  /** Lets the engine forget a run, unless it found the same one again for what is on screen now. */
  #release(run: RunHandle | undefined): void {
    if (!run) return;
    const { clean, changed } = this.#store.getState().run;
    if (run.key === clean?.key || run.key === changed?.key) return;
    this.#cache.dropRun(run.key);
    const ofThisEngine = run.key === `${this.#epoch}/${run.runId}`;
    if (ofThisEngine) this.#client?.call('run.release', { runId: run.runId }).catch(ignoreListFailure);
  }

  // --- data that the state asks for --------------------------------------------------------------------------------

  #onState(state: AppState, before: AppState): void {
    if (
      state.edit.interventions !== before.edit.interventions &&
      interventionsKey(state.edit.interventions) !== interventionsKey(before.edit.interventions) &&
      state.run.job?.kind !== 'clean'
    ) {
      void this.#activity.track(this.#runChanged());
    }
    if (
      state.prompt.text !== before.prompt.text ||
      state.prompt.bos !== before.prompt.bos ||
      state.prompt.idsText !== before.prompt.idsText ||
      state.model.info !== before.model.info
    ) {
      this.#countDebounce.schedule(() => void this.#activity.track(this.#count()));
      // The complaint was about another prompt.
      if (state.run.error && state.run.error === before.run.error) patch(this.#store, 'run', { error: undefined });
    }
    this.#reconcile(state);
  }

  #reconcile(state: AppState): void {
    const demands = demandsOf(state);
    for (const slot of DATA_SLOTS) {
      const demand = demands[slot];
      if (demand?.key === this.#slotKeys.get(slot)) continue;
      this.#latest.abort(slot);
      if (slot === 'token') this.#previewDebounce.cancel();
      if (!demand) {
        this.#slotKeys.delete(slot);
        continue;
      }
      this.#slotKeys.set(slot, demand.key);
      if (this.#cache.get(demand.key) !== undefined) continue;
      if (demand.previews) this.#previewDebounce.schedule(() => void this.#load(slot, demand));
      else void this.#load(slot, demand);
    }
  }

  async #load(slot: DataSlot, demand: Demand): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const signal = this.#latest.begin(slot);
    this.#cache.set(demand.key, { status: 'loading' });
    try {
      const value = await demand.load(client, signal);
      this.#cache.set(demand.key, { status: 'ready', value });
      if (slot === 'cleanScores') this.#chooseHead();
    } catch (error) {
      const failure = toWireError(error);
      if (signal.aborted || failure.code === 'cancelled' || failure.code === 'engine-died')
        this.#cache.delete(demand.key);
      else this.#cache.set(demand.key, { status: 'failed', error: failure });
    }
  }

  /** The rule's choice, renewed with every prompt until the person picks a head. */
  #chooseHead(): void {
    const { run, model, ui } = this.#store.getState();
    const scores = run.clean && this.#cache.value(scoresKey(run.clean.key));
    if (!scores || !model.info || ui.headChosen) return;
    const { head, scoreId } = pickHead(scores, model.info.layers, model.info.heads);
    selectHeadByRule(this.#store, head);
    if (scoreId !== undefined) patch(this.#store, 'view', { scoreId });
  }

  /** Token count and cost of what the editor holds; never in the way of typing. */
  async #count(): Promise<void> {
    const state = this.#store.getState();
    const source = promptSource(state);
    const prompt = toPrompt(source);
    const signal = this.#latest.begin('count');
    if (!state.model.info || isBlank(source) || prompt instanceof AppError) {
      const countError = prompt instanceof AppError ? toWireError(prompt) : undefined;
      patch(this.#store, 'prompt', { count: undefined, countError, estimate: undefined });
      return;
    }
    try {
      const client = this.#connected();
      // Ids need no tokenizer to be counted.
      const { ids, more } =
        prompt.kind === 'ids'
          ? { ids: prompt.ids, more: false }
          : await client.call('prompt.tokenize', { prompt }, { signal });
      patch(this.#store, 'prompt', { count: ids.length, countIsLow: more, countError: undefined });
      const tokens = Math.max(1, Math.min(ids.length, state.model.info.context));
      const estimate = await client.call('run.estimate', { tokens }, { signal });
      patch(this.#store, 'prompt', { estimate });
    } catch (error) {
      const failure = toWireError(error);
      if (signal.aborted || failure.code === 'cancelled' || failure.code === 'engine-died') return;
      patch(this.#store, 'prompt', { count: undefined, countError: failure, estimate: undefined });
    }
  }
}

/** Lists of models and examples are a convenience; the rest works without them. */
function ignoreListFailure(): void {
  // Nothing to do, see above.
}

function isBlank(source: PromptSource): boolean {
  return source.kind === 'text' ? source.text === '' : source.ids.trim() === '';
}

function emptyPrompt(source: PromptSource) {
  const what =
    source.kind === 'text' ? 'Type or drop some text, or take an example.' : 'Type token ids, separated by commas.';
  return toWireError(new AppError('prompt-empty', 'The prompt is empty.', { hint: what }));
}

function toPrompt(source: PromptSource): Prompt | AppError {
  if (source.kind === 'text') return { kind: 'text', text: source.text, bos: source.bos };
  const parsed = parseIds(source.ids);
  if ('ids' in parsed) return { kind: 'ids', ids: parsed.ids };
  return new AppError('bad-request', parsed.problem, { hint: 'Write whole numbers, separated by commas.' });
}

function sameIds(a: Int32Array | undefined, b: Int32Array): boolean {
  return a?.length === b.length && a.every((id, i) => id === b[i]);
}
