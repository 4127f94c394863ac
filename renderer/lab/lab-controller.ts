/**
 * Methods compared on the prompt or on a task because the person asked. The lab makes a run of its own, of context,
 * question and answer, and asks for one method after the other; rows are there as soon as they have come. What was done
 * when it is cancelled stays, and is not done again when it goes on.
 */
import { AppError, CancelledError, toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { MethodName, ParamsOf, Progress, ResultOf } from '../../shared/contract/methods.ts';
import type { LabAbout, LabRecord, LabRow, LabTaskRecord } from '../../shared/model/lab.ts';
import type { MethodInfo } from '../../shared/model/method.ts';
import { openModel } from '../effects/effect-requests.ts';
import type { LabMeasure } from '../../shared/view/lab/measures.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { summaryKey } from '../engine/data-keys.ts';
import type { EngineLink } from '../engine/engine-link.ts';
import { parseIds } from '../engine/parse-ids.ts';
import type { LabJobKind, LabSettings, LabState } from '../state/lab-state.ts';
import { replacePrompt } from '../state/edits.ts';
import { promptName } from '../state/folds.ts';
import { changeLab } from '../state/lab-edits.ts';
import { labOfPrompt } from '../state/lab-step.ts';
import { inIdMode, sameSource } from '../state/selectors.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { shownMaps } from '../../shared/view/lab/method-maps.ts';
import { carriedOver, choiceKey, firstRow, type Looked } from './carried-over.ts';
import { joinProgress } from './join-progress.ts';
import { answerKey, labKey, labTaskKey, METHODS_KEY, overlapKey } from './lab-keys.ts';
import {
  aboutLab,
  choicesOf,
  labPrompt,
  planOf,
  runRequest,
  taskRequest,
  type LabPrompt,
  type LabTokens,
  type PlannedEntry,
} from './lab-requests.ts';
import { isGone, lostRows, plannedAgain } from './lost-rows.ts';
import { isOfPrompt } from './of-prompt.ts';

export interface LabControllerOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly link: EngineLink;
  /** Runs what the editor holds. */
  readonly runPrompt: () => Promise<void>;
}

/** What a comparison has found. */
interface Done {
  /** What it was made on and how, as text. */
  readonly base: string;
  /** What was on the list last. */
  shown: string;
  /** Without those that failed. */
  readonly rows: Map<string, readonly LabRow[]>;
}

/** What was looked at, and in what; `record` undefined where there was nothing but dense attention. */
interface Begun {
  readonly record: LabRecord | undefined;
  readonly looked: Looked;
  /** As it was set last: other than that, something else was chosen since. */
  shown: Looked;
}

type Ask = <M extends MethodName>(
  method: M,
  params: ParamsOf<M>,
  onProgress?: (progress: Progress) => void,
) => Promise<ResultOf<M>>;

let gestures = 0;

/** Names what is undone at once; never used again in the life of the page. */
export function nextGesture(): string {
  gestures += 1;
  return `gesture-${gestures}`;
}

let made = 0;

/** Names a result; never used again in the life of the page. */
export function nextLabId(): string {
  made += 1;
  return `l${made}`;
}

export class LabController {
  readonly #options: LabControllerOptions;
  readonly #latest = new LatestOnly<'job' | 'methods' | 'answer' | 'overlap'>();
  /** Rows of the last comparison, by what they were asked with, and what it was made on. */
  #done: Done = { base: '', shown: '', rows: new Map() };

  constructor(options: LabControllerOptions) {
    this.#options = options;
  }

  onState(state: AppState, before: AppState): void {
    if (state.model.info?.modelId !== before.model.info?.modelId) this.#forget();
    const { source } = state.run;
    const isOther = source && before.run.source && !sameSource(before.run.source, source);
    // The cut and the answer were of the prompt before. A session brings its own along.
    if (isOther && state.file.generation === before.file.generation) this.#takePrompt();
  }

  /** In a step that undo takes back. `gesture`: changes of the same one in a row are undone at once. */
  set(change: Partial<LabSettings>, gesture?: string): void {
    changeLab(this.#options.store, change, gesture && `lab-${gesture}`);
  }

  /** Other axes of the plot, which change nothing of what is computed. */
  look(change: Partial<Pick<LabSettings, 'cost' | 'measure' | 'logCost'>>): void {
    const { settings } = this.#options.store.getState().lab;
    patch(this.#options.store, 'lab', { settings: { ...settings, ...change } });
  }

  lookTask(taskMeasure: LabMeasure): void {
    patch(this.#options.store, 'lab', { taskMeasure });
  }

  setTask(change: Partial<LabSettings['task']>, gesture?: string): void {
    const task = { ...this.#options.store.getState().lab.settings.task, ...change };
    this.set({ task }, gesture && `task-${gesture}`);
  }

  /**
   * Runs every method on the list on the prompt on screen. What has been done on the same prompt in the same way is taken
   * as it is, unless there is nothing else: then all is done again. Answers whether there is a result.
   */
  async compare(): Promise<boolean> {
    return this.#perform('compare', async (ask, state, signal) => {
      const { settings } = state.lab;
      const model = openModel(state);
      const source = state.run.source;
      const plan = planOf(settings, await this.#methods(ask));
      const prompt = await this.#prompt(ask, state);
      const { runId } = await ask('run.start', { prompt: { kind: 'ids', ids: prompt.ids }, interventions: [] });
      this.#hold(runId);
      const about = aboutLab(model, settings, prompt, source);
      const base = this.#baseOf(about, runId, settings.maxTokens);
      if (this.#done.base !== base) this.#done = { base, shown: '', rows: new Map() };
      const { rows: done } = this.#done;
      const shown = plan.map(planKey).join();
      // Asked for what is there already: it is to be done again.
      if (this.#done.shown === shown && plan.every((entry) => done.has(planKey(entry)))) done.clear();
      this.#done.shown = shown;
      const found = new Map(done);
      const sizes = plan.map((entry) => (done.has(planKey(entry)) ? 0 : Math.max(1, entry.budgets.length)));
      const steps = joinProgress(sizes, Date.now());
      const id = nextLabId();
      const begun = this.#begun(state.lab);
      for (const [at, planned] of plan.entries()) {
        const key = planKey(planned);
        const onProgress = (progress: Progress) => {
          this.#progress('compare', steps(at, planned.info.name, progress, Date.now()), signal);
        };
        if (!done.has(key)) {
          onProgress({ phase: 'starting', done: 0, total: 1, etaMs: null });
          const rows = await this.#rowsOf(ask, planned, prompt, settings, runId, onProgress);
          if (signal.aborted) return;
          // What failed is tried again.
          if (rows.every(({ error }) => error === null)) done.set(key, rows);
          found.set(key, rows);
        }
        this.#publish(id, { about, runId, rows: plan.flatMap((entry) => found.get(planKey(entry)) ?? []) }, begun);
      }
    });
  }

  /**
   * Runs again what the engine no longer holds of the comparison that there is, on the same tokens: its run, and rows whose
   * keys or probabilities are gone. All others stay as they are. Answers whether it could.
   */
  async again(): Promise<boolean> {
    return this.#perform('again', async (ask, state, signal) => {
      const { lab } = state;
      const record = lab.result === undefined ? undefined : this.#options.cache.value(labKey(lab.result));
      openModel(state);
      if (!record) return;
      const { about } = record;
      const prompt = await this.#promptAgain(ask, state, about);
      const { runId } = await ask('run.start', { prompt: { kind: 'ids', ids: prompt.ids }, interventions: [] });
      this.#hold(runId);
      const looked = new Set([lab.row, ...shownMaps(lab.maps, record.rows).flatMap(({ row }) => row ?? [])]);
      const plan = plannedAgain(lostRows(record, await lostTraces(ask, record), looked));
      const steps = joinProgress(
        plan.map(({ budgets }) => Math.max(1, budgets.length)),
        Date.now(),
      );
      const { maxTokens } = lab.settings;
      const id = nextLabId();
      const begun = this.#begun(lab);
      const found = new Map<string, LabRow>();
      const publish = () => {
        const rows = record.rows.map((row) => found.get(choiceKey(row.choice)) ?? row);
        this.#publish(id, { about, runId, rows }, begun);
      };
      for (const [at, planned] of plan.entries()) {
        const onProgress = (progress: Progress) => {
          this.#progress('again', steps(at, planned.info.name, progress, Date.now()), signal);
        };
        onProgress({ phase: 'starting', done: 0, total: 1, etaMs: null });
        const request = runRequest(planned, prompt, { fidelity: about.fidelity, maxTokens }, runId);
        const { results } = await ask('method.run', request, onProgress);
        if (signal.aborted) return;
        const choices = choicesOf(planned);
        for (const [place, result] of results.entries()) {
          const choice = choices[place] ?? choices[0]!;
          found.set(choiceKey(choice), { choice, info: planned.info, result, error: null });
        }
        // A comparison that goes on takes them as they are now.
        const { base, rows: done } = this.#done;
        for (const [key, rows] of base === this.#baseOf(about, runId, maxTokens) ? done : []) {
          done.set(
            key,
            rows.map((row) => found.get(choiceKey(row.choice)) ?? row),
          );
        }
        publish();
      }
      publish();
    });
  }

  /** Methods on the list on the prompts of a task. */
  async task(): Promise<boolean> {
    return this.#perform('task', async (ask, state, signal) => {
      const { settings } = state.lab;
      const { modelId, name: model, layers, heads, kvHeads, context } = openModel(state);
      const methods = await this.#methods(ask);
      const { tasks } = await ask('task.list', {});
      const task = tasks.find(({ id }) => id === settings.task.task);
      if (!task) throw new AppError('bad-request', `There is no task ${settings.task.task}.`, { hint: 'Choose one.' });
      const request = taskRequest(settings, methods, task, { context });
      const about = { modelId, model, layers, heads, kvHeads };
      const names = Object.fromEntries(methods.map((method) => [method.id, method.name]));
      const id = nextLabId();
      const publish = (record: LabTaskRecord) => {
        const { store, cache } = this.#options;
        const { taskResult: before } = store.getState().lab;
        cache.set(labTaskKey(id), { status: 'ready', value: record });
        patch(store, 'lab', { taskResult: id });
        if (before !== undefined && before !== id) cache.delete(labTaskKey(before));
      };
      const { task: name, parameters = {}, lengths = [], depths = [], samples = 0, seed = 0 } = request;
      let shown = 0;
      const found = await ask('method.task', request, (progress) => {
        this.#progress('task', progress, signal);
        const { taskRows: rows } = progress;
        const measured = rows?.reduce((sum, { n }) => sum + n, 0) ?? 0;
        if (signal.aborted || !rows || measured <= shown) return;
        shown = measured;
        publish({ task: name, parameters, lengths, depths, samples, seed, rows, about, names });
      });
      if (!signal.aborted) publish({ ...found, about, names });
    });
  }

  /** Has dense attention write the answer. */
  async denseAnswer(): Promise<boolean> {
    return this.#perform('answer', async (ask, state, signal) => {
      openModel(state);
      const { ids } = this.#promptTokens(state);
      const { maxTokens } = state.lab.settings;
      const asked = { prompt: { kind: 'ids', ids } as const, interventions: [], maxTokens };
      const written = await ask('generate.start', { ...asked, sampling: { kind: 'greedy' } }, (progress) => {
        this.#progress('answer', progress, signal);
      });
      if (signal.aborted) return;
      const isIds = inIdMode(state);
      const answer = isIds ? written.tokens.map(({ id }) => id).join(', ') : written.text;
      if (answer === '') {
        throw new AppError('bad-request', 'Dense attention ends here: it writes no answer.', {
          hint: 'Give an answer, or end the prompt where one would begin.',
        });
      }
      this.set({ answer, answerFrom: 'generated' });
    });
  }

  cancel(): void {
    const { job } = this.#options.store.getState().lab;
    this.#latest.abort('job');
    if (!job) return;
    const goesOn = job.kind === 'task' || (job.kind === 'compare' && this.#done.rows.size > 0);
    patch(this.#options.store, 'lab', { job: undefined, cancelled: goesOn ? job.kind : undefined });
  }

  /** Methods that there are, into the cache. */
  async loadMethods(): Promise<void> {
    const { cache, link, store } = this.#options;
    const { status } = cache.get(METHODS_KEY) ?? {};
    if (status === 'ready' || status === 'loading' || !store.getState().model.live) return;
    const signal = this.#latest.begin('methods');
    cache.set(METHODS_KEY, { status: 'loading' });
    try {
      const { methods } = await link.connected().call('method.list', {}, { signal });
      cache.set(METHODS_KEY, { status: 'ready', value: methods });
    } catch (error) {
      const failure = toWireError(error);
      if (signal.aborted || isSilent(failure)) cache.delete(METHODS_KEY);
      else cache.set(METHODS_KEY, { status: 'failed', error: failure });
    }
  }

  /** Tokens of the answer as it is set, into the cache. */
  async loadAnswer(): Promise<void> {
    const { cache, link, store } = this.#options;
    const state = store.getState();
    const key = answerKeyOf(state);
    if (key === undefined || cache.get(key)?.status === 'ready') return;
    const signal = this.#latest.begin('answer');
    try {
      const ask: Ask = (method, params) => link.connected().call(method, params, { signal });
      const value = await this.#answer(ask, state);
      if (!signal.aborted && value) cache.set(key, { status: 'ready', value });
    } catch (error) {
      const failure = toWireError(error);
      if (!signal.aborted && !isSilent(failure)) cache.set(key, { status: 'failed', error: failure });
    }
  }

  /** How far the methods of some rows read the same keys, means over heads, into the cache; pair by pair. */
  async loadOverlap(traces: readonly string[]): Promise<void> {
    const { cache, link } = this.#options;
    const signal = this.#latest.begin('overlap');
    for (const [at, one] of traces.entries()) {
      for (const other of traces.slice(at + 1)) {
        const key = overlapKey(one, other);
        if (signal.aborted || one === other || cache.get(key) !== undefined) continue;
        try {
          const { values } = await link.connected().call('method.overlap', { traces: [one, other] }, { signal });
          cache.set(key, { status: 'ready', value: values });
        } catch (error) {
          const failure = toWireError(error);
          if (isSilent(failure)) return;
          cache.set(key, { status: 'failed', error: failure });
        }
      }
    }
  }

  /**
   * The prompt of a task in place of the one in the editor, with its question and its answer; one step to undo, with what
   * was set before it in the same gesture.
   */
  async takeSample(
    task: string,
    parameters: Readonly<Record<string, number>>,
    gesture = nextGesture(),
  ): Promise<boolean> {
    return this.#perform('answer', async (ask, state, signal) => {
      const { bosByDefault: bos } = openModel(state);
      const sample = await ask('task.sample', { task, parameters: { ...parameters }, seed: 0 });
      signal.throwIfAborted();
      const { store } = this.#options;
      const isText = !inIdMode(state) && sample.text !== null;
      const { text, idsText } = state.prompt;
      const content = isText ? { text: sample.text, idsText, bos } : { text, idsText: sample.ids.join(', ') };
      replacePrompt(store, content, `lab-${gesture}`);
      await this.#options.runPrompt();
      signal.throwIfAborted();
      const answer = isText ? sample.answerText : sample.answer.join(', ');
      const ids = this.#promptTokens(store.getState()).ids;
      const isSame = ids.length === sample.ids.length && ids.every((id, at) => id === sample.ids[at]);
      // Text may be split otherwise than the task put it together; then its question begins elsewhere.
      this.set({ answer, answerFrom: 'task', questionStart: isSame ? sample.questionStart : null }, gesture);
    });
  }

  /** The engine, the model or the connection goes away. */
  stop(): void {
    this.#latest.abortAll();
    this.#done = { base: '', shown: '', rows: new Map() };
    const { job } = this.#options.store.getState().lab;
    const change = job && { failed: { kind: job.kind, error: toWireError(interrupted()) } };
    patch(this.#options.store, 'lab', { job: undefined, cancelled: undefined, ...change });
  }

  /** Results of another model are none of this one. */
  #forget(): void {
    const { store, cache } = this.#options;
    const { model, lab } = store.getState();
    const id = model.info?.modelId;
    const change: { -readonly [Key in keyof LabState]?: LabState[Key] } = {};
    if (lab.result !== undefined && cache.value(labKey(lab.result))?.about.modelId !== id) {
      cache.delete(labKey(lab.result));
      Object.assign(change, { result: undefined, row: 0, maps: [], query: null, key: null, runKey: undefined });
    }
    if (lab.taskResult !== undefined && cache.value(labTaskKey(lab.taskResult))?.about.modelId !== id) {
      cache.delete(labTaskKey(lab.taskResult));
      change.taskResult = undefined;
    }
    patch(store, 'lab', { ...change, waiting: undefined, failed: undefined, cancelled: undefined });
  }

  #takePrompt(): void {
    const { store } = this.#options;
    const { lab, run } = store.getState();
    const next = labOfPrompt(lab, promptName(run));
    // No step of its own: nobody asked for it.
    if (next !== lab) store.setState({ lab: next });
  }

  async #methods(ask: Ask): Promise<readonly MethodInfo[]> {
    const { cache } = this.#options;
    const known = cache.value(METHODS_KEY);
    if (known) return known;
    const { methods } = await ask('method.list', {});
    cache.set(METHODS_KEY, { status: 'ready', value: methods });
    return methods;
  }

  /** What a comparison is made on and how, as text. */
  #baseOf(about: LabAbout, runId: string, maxTokens: number): string {
    const { modelId, questionStart, answerStart, promptLength, fidelity } = about;
    const of = [modelId, runId, this.#options.link.epoch, questionStart, answerStart, promptLength];
    return JSON.stringify([...of, fidelity, fidelity === 'F3' ? maxTokens : 0]);
  }

  async #prompt(ask: Ask, state: AppState): Promise<LabPrompt> {
    return labPrompt(state.lab.settings, this.#promptTokens(state), await this.#answer(ask, state));
  }

  /** What methods were compared on. Throws where the prompt or the answer is another one by now. */
  async #promptAgain(ask: Ask, state: AppState, about: LabAbout): Promise<LabPrompt> {
    const own = this.#promptTokens(state);
    const answer = about.answerStart === null ? undefined : await this.#answer(ask, state);
    const tokens = [...own.tokens, ...(answer?.tokens ?? [])];
    const isSame = tokens.length === about.tokens && tokens.every(({ display }, at) => display === about.displays[at]);
    if (isSame && isOfPrompt(about, own.tokens)) {
      const { promptLength, answerStart, questionStart } = about;
      const ids = Int32Array.from([...own.ids, ...(answer?.ids ?? [])]);
      return { ids, tokens, questionStart: questionStart ?? promptLength, answerStart, promptLength };
    }
    throw new AppError('bad-request', 'The prompt or the answer is not the one that the methods were compared on.', {
      hint: 'Compare them on this one.',
    });
  }

  /** Of the run on screen. Throws where there is none. */
  #promptTokens({ run }: AppState): LabTokens {
    const summary = run.clean && this.#options.cache.value(summaryKey(run.clean.key));
    if (!summary) {
      throw new AppError('unknown-run', 'There is no prompt to compare methods on.', { hint: 'Run a prompt first.' });
    }
    return summary;
  }

  /** As it goes on from the prompt, where the tokenizer splits both together as it splits the prompt; else on its own. */
  async #answer(ask: Ask, state: AppState): Promise<LabTokens | undefined> {
    const { answer } = state.lab.settings;
    if (answer === '') return undefined;
    if (inIdMode(state)) {
      const parsed = parseIds(answer);
      if (!('ids' in parsed)) {
        throw new AppError('bad-request', `The answer cannot be read: ${parsed.problem}`, {
          hint: 'Write whole numbers, separated by commas.',
        });
      }
      if (parsed.ids.length === 0) return undefined;
      return ask('prompt.tokenize', { prompt: { kind: 'ids', ids: parsed.ids } });
    }
    const own = this.#promptTokens(state);
    const { source } = state.run;
    if (source?.kind === 'text') {
      const both = await ask('prompt.tokenize', { prompt: { ...source, text: source.text + answer } });
      const isSame = both.ids.length > own.ids.length && own.ids.every((id, at) => id === both.ids[at]);
      if (isSame && !both.more)
        return { ids: both.ids.slice(own.ids.length), tokens: both.tokens.slice(own.ids.length) };
    }
    return ask('prompt.tokenize', { prompt: { kind: 'text', text: answer, bos: false } });
  }

  /** One row a budget. Where the engine refuses them together, budget by budget, so that those that fit are there. */
  async #rowsOf(
    ask: Ask,
    planned: PlannedEntry,
    prompt: LabPrompt,
    settings: LabSettings,
    runId: string,
    onProgress: (progress: Progress) => void,
  ): Promise<readonly LabRow[]> {
    const { info, budgets } = planned;
    const choices = choicesOf(planned);
    try {
      const { results } = await ask('method.run', runRequest(planned, prompt, settings, runId), onProgress);
      return results.map((result, at) => ({ choice: choices[at] ?? choices[0]!, info, result, error: null }));
    } catch (error) {
      const failure = toWireError(error);
      // Not of this method: none could be run.
      const isOfAll = failure.code === 'no-model' || failure.code === 'unknown-run';
      if (error instanceof CancelledError || isSilent(failure) || isOfAll) throw error;
      if (budgets.length < 2 || failure.code !== 'bad-request') {
        return choices.map((choice) => ({ choice, info, result: null, error: failure }));
      }
      const rows: LabRow[] = [];
      for (const budget of budgets) {
        rows.push(...(await this.#rowsOf(ask, { ...planned, budgets: [budget] }, prompt, settings, runId, onProgress)));
      }
      return rows;
    }
  }

  #begun(lab: LabState): Begun {
    const record = lab.result === undefined ? undefined : this.#options.cache.value(labKey(lab.result));
    const isSeen = record?.rows.some(({ choice }) => choice.method !== 'dense') === true;
    return { record: isSeen ? record : undefined, looked: lab, shown: lab };
  }

  /**
   * Rows come one method after the other: what was looked at before is found again once it is there, unless something
   * else has been chosen meanwhile.
   */
  #publish(id: string, record: LabRecord, begun: Begun): void {
    const { store, cache } = this.#options;
    const { lab } = store.getState();
    const previous = lab.result === undefined ? undefined : cache.value(labKey(lab.result));
    const isAsBegun = sameLooked(lab, begun.shown);
    const from = isAsBegun ? begun.record : previous;
    const looked = from ? carriedOver(isAsBegun ? begun.looked : lab, from, record) : { row: firstRow(record) };
    cache.set(labKey(id), { status: 'ready', value: record });
    patch(store, 'lab', { result: id, ...looked });
    if (isAsBegun) begun.shown = { ...lab, ...looked };
    if (lab.result !== undefined && lab.result !== id) cache.delete(labKey(lab.result));
  }

  /** The engine keeps the run of the comparison until there is another; one that is on screen is not let go. */
  #hold(runId: string): void {
    const { store, link } = this.#options;
    const { lab, run } = store.getState();
    const key = link.runKey(runId);
    if (lab.runKey === key) return;
    patch(store, 'lab', { runKey: key });
    const isShown = [run.clean, run.changed, run.other].some((shown) => shown?.key === lab.runKey);
    const [epoch, before] = lab.runKey?.split('/') ?? [];
    if (before === undefined || isShown || epoch !== String(link.epoch)) return;
    // Memory only; an engine that cannot be told frees it with the next runs.
    link.client?.call('run.release', { runId: before }).catch(() => undefined);
  }

  #progress(kind: LabJobKind, progress: Progress, signal: AbortSignal): void {
    if (signal.aborted) return;
    patch(this.#options.store, 'lab', { job: { kind, phase: progress.phase, progress } });
  }

  async #perform(
    kind: LabJobKind,
    work: (ask: Ask, state: AppState, signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    const { store, link } = this.#options;
    const signal = this.#latest.begin('job');
    const begun = { kind, phase: 'Starting', progress: undefined };
    patch(store, 'lab', { job: begun, cancelled: undefined, failed: undefined });
    try {
      const ask: Ask = (method, params, onProgress) =>
        link.connected().call(method, params, { signal, ...(onProgress && { onProgress }) });
      await work(ask, store.getState(), signal);
      if (signal.aborted) return false;
      patch(store, 'lab', { job: undefined });
      return true;
    } catch (error) {
      // Whoever aborted has set the state that follows.
      if (signal.aborted) return false;
      const failure = toWireError(error);
      // The death of the engine is announced by itself.
      patch(store, 'lab', { job: undefined, failed: isSilent(failure) ? undefined : { kind, error: failure } });
      return false;
    }
  }
}

/** Traces of which the engine holds nothing, or only what was read. */
async function lostTraces(ask: Ask, { rows }: LabRecord): Promise<ReadonlySet<string>> {
  const lost = new Set<string>();
  for (const { result } of rows) {
    if (typeof result?.trace !== 'string') continue;
    const { trace, phase, promptLength } = result;
    try {
      await ask('method.row', { trace, layer: 0, head: 0, query: phase === 'prefill' ? 0 : promptLength });
    } catch (error) {
      if (!isGone(error)) throw error;
      lost.add(trace);
    }
  }
  return lost;
}

function interrupted(): AppError {
  return new AppError('engine-died', 'The engine or its model went away before this was done.', {
    hint: 'Rows that had come are shown; begin again for the rest.',
  });
}

function isSilent({ code }: WireError): boolean {
  return code === 'engine-died' || code === 'cancelled';
}

function sameLooked(one: Looked, other: Looked): boolean {
  return one.row === other.row && one.maps === other.maps && one.query === other.query && one.key === other.key;
}

function planKey({ entry: { method, parameters }, budgets }: PlannedEntry): string {
  const given = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([method, given, budgets]);
}

/** The answer as it is set behind the prompt on screen; undefined where there is none. */
export function answerKeyOf(state: AppState): ReturnType<typeof answerKey> | undefined {
  const { info } = state.model;
  const { answer } = state.lab.settings;
  if (!info || !state.run.clean || answer === '') return undefined;
  return answerKey(info.modelId, JSON.stringify([state.run.clean.key, answer]));
}
