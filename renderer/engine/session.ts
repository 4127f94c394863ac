/**
 * Turns the state into requests and answers into state, for the life of the page. What the views ask for goes from here
 * to whoever knows how: models (`model-opener.ts`), runs (`run-controller.ts`), data (`data-loader.ts`), generations
 * (`generation/generation-controller.ts`).
 *
 * The engine may die and the host may go away at any time: runs on screen then become stale, stay visible, and are made
 * again (`#replay`) as soon as there is an engine. Nothing the person did is lost with it.
 */
import { AppError, CancelledError, toWireError } from '../../shared/base/app-error.ts';
import { PROTOCOL_VERSION } from '../../shared/contract/methods.ts';
import type {
  CellReading,
  Events,
  ExamplePrompt,
  OpenedSession,
  Progress,
  ParamsOf,
  RegionReading,
  ResultOf,
  Tile,
  TokenAttention,
} from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { Client } from '../../shared/rpc/client.ts';
import type { Activity } from '../base/activity.ts';
import { DecodeController } from '../decode/decode-controller.ts';
import { EffectController } from '../effects/effect-controller.ts';
import { GenerationController } from '../generation/generation-controller.ts';
import { LabController } from '../lab/lab-controller.ts';
import { ScoreController } from '../scores/score-controller.ts';
import { SessionFiles, type LayoutKeeper } from '../session-file/session-files.ts';
import { resetEdits } from '../state/edits.ts';
import type { LineKind } from '../state/generation-state.ts';
import type { RunHandle } from '../state/run-state.ts';
import { inIdMode } from '../state/selectors.ts';
import { patch, type AppStore } from '../state/store.ts';
import { withActivity } from './activity-client.ts';
import type { DataCache } from './data-cache.ts';
import { DataLoader } from './data-loader.ts';
import { selectDefaultHead } from './default-head.ts';
import { EngineLink } from './engine-link.ts';
import { ModelOpener, type Opened } from './model-opener.ts';
import { orNotice } from './or-notice.ts';
import { PromptCounter } from './prompt-counter.ts';
import { emptyPrompt, isBlank, toPrompt } from './prompt-source.ts';
import { RunController } from './run-controller.ts';
import { askAboutRun } from './run-questions.ts';

const SHIPPED = 'demo';
/** Stored runs up to so many tokens are computed again by themselves where their model is open. */
const QUICK_TOKENS = 2048;
/** An engine that dies again on the same work would otherwise be restarted for ever. */
const MOST_REPLAYS_IN_A_ROW = 2;

/** What forms of methods and maps under them ask. */
type LabQuestion = 'run.tile' | 'run.cell' | 'method.resolve' | 'method.tile' | 'method.rows' | 'method.row';
type ShellCommandListener = (command: string, argument: string | undefined) => void;

export interface SessionOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly activity: Activity;
  readonly layout: LayoutKeeper;
  /** The desktop menu or the command line asked for a command. */
  readonly onShellCommand?: ShellCommandListener;
}

export class Session {
  /** The session as a file. */
  readonly files: SessionFiles;
  /** Scores beyond those of every run. */
  readonly scores: ScoreController;
  /** Sweeps, patching, and what else changes one thing after the other. */
  readonly effects: EffectController;
  /** Sparse methods side by side. */
  readonly lab: LabController;
  /** Tokens generated under one, step by step. */
  readonly decode: DecodeController;
  readonly #store: AppStore;
  readonly #activity: Activity;
  readonly #onShellCommand: ShellCommandListener | undefined;
  readonly #link = new EngineLink();
  readonly #models: ModelOpener;
  readonly #runs: RunController;
  readonly #generations: GenerationController;
  readonly #data: DataLoader;
  readonly #counter: PromptCounter;
  #replaysInARow = 0;
  /** The engine came back, but what killed it was not repeated: the next run opens the model first. */
  #engineIsEmpty = false;
  /** What waits for the person to say what becomes of unsaved work. */
  #waiting: ((abandon: boolean) => Promise<void>) | undefined;

  constructor({ store, cache, activity, layout, onShellCommand }: SessionOptions) {
    this.#store = store;
    this.#activity = activity;
    this.#onShellCommand = onShellCommand;
    const link = this.#link;
    const onCleanScores = () => selectDefaultHead(store, cache);
    this.#models = new ModelOpener({ store, link, onOtherModel: (info) => this.#onOtherModel(info) });
    this.#runs = new RunController({ store, cache, activity, link, ensureModel: () => this.#ensureModel() });
    const onOpened = (opened: OpenedSession) => this.#onSessionOpened(opened);
    this.files = new SessionFiles({ store, cache, link, layout, runs: this.#runs, onOpened });
    this.#generations = new GenerationController({ store, link, ensureModel: () => this.#ensureModel() });
    this.scores = new ScoreController({ store, cache, link });
    this.effects = new EffectController({ store, cache, link, scores: this.scores });
    this.lab = new LabController({ store, cache, link, runPrompt: () => this.runPrompt() });
    this.decode = new DecodeController({ store, cache, link });
    this.#data = new DataLoader({ store, cache, activity, link, onCleanScores });
    this.#counter = new PromptCounter({ store, activity, link });
    store.subscribe((state, before) => {
      this.#runs.onState(state, before);
      if (state.edit.prompt.version !== before.edit.prompt.version) void activity.track(this.runPrompt());
      this.#counter.onState(state, before);
      this.files.onState(state, before);
      this.scores.onState(state, before);
      this.effects.onState(state, before);
      this.lab.onState(state, before);
      this.decode.onState(state, before);
      this.#data.reconcile();
    });
  }

  /** Takes a fresh connection into use. Must be called in the task that made it, or its first event is missed. */
  attach(plainClient: Client): void {
    const client = withActivity(plainClient, this.#activity);
    this.#link.client = client;
    client.onEvent('hello', (hello) => this.#onHello(client, hello));
    client.onEvent('engine.exited', (event) => this.#onEngineExited(event));
    client.onEvent('engine.ready', ({ afterExit }) => {
      if (afterExit) void this.#activity.track(this.#replay());
    });
    client.onEvent('shell.command', ({ command, argument }) => this.#onShellCommand?.(command, argument));
    client.onClose(() => {
      if (this.#link.client !== client) return;
      this.#link.client = undefined;
      this.#stopWork({ engineIsGone: true });
    });
  }

  // --- what the person asks for ------------------------------------------------------------------------------------

  /** Opens a model in place of the one before, and runs the prompt on it. */
  async openModel(path: string): Promise<void> {
    if (!this.#link.client) return;
    this.#stopWork({ engineIsGone: false });
    patch(this.#store, 'run', { error: undefined });
    const opened = await this.#models.open(path);
    if (opened === 'open') {
      this.#engineIsEmpty = false;
      await this.#runs.runPromptIfAny();
    }
    // The engine closed the model before; without it nothing on screen could be asked about any more, but stored runs.
    else if (opened === 'failed') await this.#backToModel();
  }

  /** Gives up opening and goes back to the model before. */
  async cancelOpening(): Promise<void> {
    this.#models.stop();
    await this.#backToModel();
  }

  async #backToModel(): Promise<void> {
    if (this.#store.getState().run.clean?.stored) patch(this.#store, 'model', { live: false });
    else if (this.#models.openPath !== undefined) await this.#reopenAndRun();
  }

  /** Runs what the editor holds. `cut`: without what is past the context limit. */
  async runPrompt(options: { readonly cut?: boolean } = {}): Promise<void> {
    if (this.#engineIsEmpty && !(await this.#fillEngine())) return;
    await this.#runs.runPrompt(options);
  }

  /** Opens a session file in place of what is on screen. */
  async openSession(path: string): Promise<void> {
    await this.#unlessUnsaved(async (abandon) => {
      if (await this.files.open(path, abandon)) await this.#goLiveIfQuick();
    });
  }

  /** What the person said of the unsaved work that is in the way: keep it in a file first, give it up, or stay. */
  async answerUnsaved(answer: 'save' | 'abandon' | 'stay'): Promise<void> {
    const go = this.#waiting;
    this.#waiting = undefined;
    const { file } = this.#store.getState();
    patch(this.#store, 'ui', { dialog: answer === 'save' && !file.file ? 'session' : undefined });
    if (answer === 'abandon') await go?.(true);
    else if (answer === 'save' && file.file && (await this.files.save())) await go?.(false);
  }

  async #unlessUnsaved(go: (abandon: boolean) => Promise<void>): Promise<void> {
    if (!this.files.isDirty) {
      await go(false);
      return;
    }
    this.#waiting = go;
    patch(this.#store, 'ui', { dialog: 'unsaved' });
  }

  /** An example in place of what is on screen: run where a model is open, from its stored session where none is. */
  async openExample({ id, text, hasSession }: ExamplePrompt): Promise<void> {
    if (!this.#store.getState().model.live && hasSession) {
      await this.#unlessUnsaved(async (abandon) => {
        await this.files.openExample(id, abandon);
      });
      return;
    }
    patch(this.#store, 'prompt', { text, fileError: undefined });
    await this.runPrompt();
  }

  async recoverSession(id: string): Promise<void> {
    await this.#unlessUnsaved(async (abandon) => {
      if (await this.files.recover(id, abandon)) await this.#goLiveIfQuick();
    });
  }

  /** Computes the stored runs on screen again, with the model. */
  async goLive(): Promise<void> {
    await this.#runs.goLive();
  }

  /** Makes the changed run again, after it was cancelled or failed. */
  async runInterventions(): Promise<void> {
    await this.#runs.runInterventions();
  }

  /** Makes the run of the compared scenario again, after it was cancelled or failed. */
  runCompared(): void {
    this.#runs.runCompared();
  }

  cancelRun(): void {
    this.#runs.cancel();
  }

  /** Generates from what the editor holds, in place of what was generated before. */
  async generate(): Promise<void> {
    patch(this.#store, 'view', { dockTab: 'generation' });
    if (this.#engineIsEmpty && !(await this.#fillEngine())) return;
    await this.#generations.generate();
  }

  cancelGeneration(): void {
    this.#generations.cancel();
  }

  /** Puts what was generated behind the prompt, and runs it. */
  async addToPrompt(kind: LineKind): Promise<void> {
    await this.#generations.addToPrompt(kind);
  }

  /** The hard cancel: kills the engine process; the host starts another, which runs everything again. */
  async restartEngine(): Promise<void> {
    this.#replaysInARow = 0;
    await orNotice(this.#store, () => this.#link.connected().call('shell.restartEngine', {}));
  }

  /** After the engine died too often on the same work. */
  async tryAgain(): Promise<void> {
    this.#replaysInARow = 0;
    patch(this.#store, 'run', { error: undefined });
    await this.#replay();
  }

  async loadModels(): Promise<void> {
    await this.#models.list();
  }

  async browse(path: string | undefined, signal: AbortSignal): Promise<ResultOf<'shell.browse'>> {
    return this.#link.connected().call('shell.browse', path === undefined ? {} : { path }, { signal });
  }

  /** The system's dialog; undefined when it was dismissed. */
  async pickFolder(): Promise<string | undefined> {
    const picked = await orNotice(this.#store, () => this.#link.connected().call('shell.pickFolder', {}));
    return picked?.path ?? undefined;
  }

  async tile(run: RunHandle, params: Omit<ParamsOf<'run.tile'>, 'runId'>, signal: AbortSignal): Promise<Tile> {
    const ask = () => this.#link.connected().call('run.tile', { ...params, runId: run.runId }, { signal });
    return askAboutRun(this.#store, run, signal, ask);
  }

  async cell(run: RunHandle, params: Omit<ParamsOf<'run.cell'>, 'runId'>, signal: AbortSignal): Promise<CellReading> {
    const ask = () => this.#link.connected().call('run.cell', { ...params, runId: run.runId }, { signal });
    return askAboutRun(this.#store, run, signal, ask);
  }

  async region(
    run: RunHandle,
    params: Omit<ParamsOf<'run.region'>, 'runId'>,
    signal: AbortSignal,
  ): Promise<RegionReading> {
    const ask = () => this.#link.connected().call('run.region', { ...params, runId: run.runId }, { signal });
    return askAboutRun(this.#store, run, signal, ask);
  }

  async token(
    run: RunHandle,
    params: Omit<ParamsOf<'run.token'>, 'runId'>,
    signal: AbortSignal,
  ): Promise<TokenAttention> {
    const ask = () => this.#link.connected().call('run.token', { ...params, runId: run.runId }, { signal });
    return askAboutRun(this.#store, run, signal, ask);
  }

  /** Asks about methods and the run that they were compared on, which the engine may have forgotten (`unknown-run`). */
  async askLab<M extends LabQuestion>(asked: M, params: ParamsOf<M>, signal: AbortSignal): Promise<ResultOf<M>> {
    try {
      return await this.#link.connected().call(asked, params, { signal });
    } catch (error) {
      // The next engine is asked again.
      if (error instanceof AppError && error.code === 'engine-died') throw new CancelledError();
      throw error;
    }
  }

  /** A figure of the runs on screen, as bytes. */
  async renderFigure(
    params: Omit<ParamsOf<'figure.render'>, 'runs' | 'scores'>,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ResultOf<'figure.render'>> {
    return this.#link
      .connected()
      .call(
        'figure.render',
        { ...params, runs: this.#figureRuns(), scores: this.scores.brought(params.recipe) },
        { signal, onProgress },
      );
  }

  /** The same as a file on the host. */
  async saveFigure(
    params: Omit<ParamsOf<'figure.save'>, 'runs' | 'scores'>,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<ResultOf<'figure.save'>> {
    const scores = this.scores.brought(params.recipe);
    return this.#link
      .connected()
      .call('figure.save', { ...params, runs: this.#figureRuns(), scores }, { signal, onProgress });
  }

  #figureRuns(): ParamsOf<'figure.render'>['runs'] {
    const { clean, changed } = this.#store.getState().run;
    if (!clean) throw new AppError('unknown-run', 'There is no run to draw.', { hint: 'Run a prompt first.' });
    return { clean: clean.runId, changed: changed?.runId ?? null };
  }

  async browseSessions(path: string | undefined, signal: AbortSignal): Promise<ResultOf<'session.browse'>> {
    return this.#link.connected().call('session.browse', path === undefined ? {} : { path }, { signal });
  }

  /** The system's dialog; undefined when it was dismissed. */
  async pickSessionFile(what: 'open' | 'save', name: string): Promise<string | undefined> {
    const ask = () => this.#link.connected().call('session.pickFile', { what, name });
    return (await orNotice(this.#store, ask))?.path ?? undefined;
  }

  /** Ids and tokens of a text, or of ids where the model has no tokenizer. Throws what is wrong with it. */
  async tokenize(text: string, bos: boolean): Promise<ResultOf<'prompt.tokenize'>> {
    const source = inIdMode(this.#store.getState())
      ? ({ kind: 'ids', ids: text } as const)
      : ({ kind: 'text', text, bos } as const);
    const prompt = isBlank(source) ? emptyPrompt(source) : toPrompt(source);
    if (prompt instanceof AppError) throw prompt;
    return this.#link.connected().call('prompt.tokenize', { prompt });
  }

  async tokensOf(ids: Int32Array): Promise<readonly TokenView[]> {
    return (await this.#link.connected().call('prompt.tokenize', { prompt: { kind: 'ids', ids } })).tokens;
  }

  async listTasks(): Promise<readonly TaskInfo[]> {
    return (await this.#link.connected().call('task.list', {})).tasks;
  }

  /** Asks again for data that failed to come. */
  retry(key: string): void {
    this.#data.retry(key);
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
    // Lists of models and examples are a convenience; the rest works without them.
    const lists = Promise.all([this.#models.list(), this.#loadExamples()]).catch(() => undefined);
    void this.files.list().catch(() => undefined);
    if (this.#models.openPath !== undefined || this.#store.getState().run.clean) {
      this.#link.nextEngine();
      this.#replaysInARow = 0;
      await this.#replay();
      return;
    }
    await lists;
    const { prompt } = this.#store.getState();
    const [first] = prompt.examples;
    const isFirst = prompt.text === '' && first !== undefined;
    // A stored run of the first example stands there at once; the model computes it again once it is open.
    const isStored = isFirst && first.hasSession && (await this.#openFirst(first.id));
    if (isFirst && !isStored) patch(this.#store, 'prompt', { text: first.text });
    this.files.begin();
    if ((await this.#models.open(SHIPPED)) !== 'open') return;
    if (this.#store.getState().run.clean?.stored) await this.#runs.goLive();
    else await this.#runs.runPromptIfAny();
  }

  async #openFirst(id: string): Promise<boolean> {
    // It was kept from the last visit.
    const { comparison } = this.#store.getState().edit;
    if (!(await this.files.openExample(id))) return false;
    if (comparison && comparison.modelId === this.#store.getState().model.info?.modelId) {
      patch(this.#store, 'edit', { comparison });
    }
    return true;
  }

  async #loadExamples(): Promise<void> {
    const { examples } = await this.#link.connected().call('shell.examples', {});
    patch(this.#store, 'prompt', { examples });
  }

  #onOtherModel({ modelId, bos, bosByDefault }: ModelInfo): void {
    // What comes now is not what the file holds: saving asks where.
    void this.files.detach();
    this.#runs.forget();
    this.#generations.forget();
    resetEdits(this.#store, modelId);
    patch(this.#store, 'prompt', { bos: bos !== null && bosByDefault, mode: 'edit' });
  }

  #onSessionOpened({ model }: OpenedSession): void {
    this.#models.stop();
    this.#generations.forget();
    if (!model) return;
    const { info, live } = this.#store.getState().model;
    patch(this.#store, 'model', {
      info: model,
      live: live && info?.modelId === model.modelId,
      failed: undefined,
    });
  }

  async #goLiveIfQuick(): Promise<void> {
    const { model, run } = this.#store.getState();
    if (model.live && run.clean && run.clean.tokens <= QUICK_TOKENS) await this.#activity.track(this.goLive());
  }

  /** Opens the model that the session on screen was made with. */
  async #ensureModel(): Promise<boolean> {
    const { info } = this.#store.getState().model;
    if (!info) return false;
    const opened = await this.#models.open(info.source === 'shipped' ? SHIPPED : info.path);
    if (opened !== 'open') return false;
    const isSame = this.#store.getState().model.info?.modelId === info.modelId;
    if (!isSame) {
      const text = `The model in ${info.path} is another one than the session was made with.`;
      patch(this.#store, 'ui', { notice: { tone: 'bad', text } });
    }
    return isSame;
  }

  #onEngineExited({ reason, byRequest }: Events['engine.exited']): void {
    this.#link.nextEngine();
    if (byRequest) this.#replaysInARow = 0;
    patch(this.#store, 'host', { engine: 'restarting' });
    this.#stopWork({ engineIsGone: true });
    const text = byRequest
      ? 'The engine is being restarted.'
      : `The engine stopped (${reason}) and is being restarted.`;
    patch(this.#store, 'ui', { notice: { tone: byRequest ? 'info' : 'bad', text } });
  }

  /** The engine or its model goes away. Runs become stale, which ends the loading of their data as well. */
  #stopWork({ engineIsGone }: { readonly engineIsGone: boolean }): void {
    this.#runs.stop({ engineIsGone });
    this.#generations.stop();
    this.scores.stop();
    this.effects.stop();
    this.lab.stop();
    this.decode.stop();
    this.#models.stop();
    this.#counter.stop();
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
      patch(this.#store, 'ui', {
        notice: { tone: 'bad', text: 'The engine was restarted, but nothing was run again.' },
      });
      this.#engineIsEmpty = true;
      return;
    }
    this.#engineIsEmpty = false;
    const { epoch } = this.#link;
    if (this.#store.getState().run.clean?.stored) {
      const isAttached = await this.files.attachAgain();
      if (epoch !== this.#link.epoch) return;
      this.#replaysInARow = 0;
      patch(this.#store, 'model', { live: false });
      patch(this.#store, 'host', { engine: 'ready' });
      const text = 'The engine was restarted; the stored runs are there again.';
      if (this.#store.getState().ui.notice)
        patch(this.#store, 'ui', { notice: isAttached ? { tone: 'info', text } : undefined });
      return;
    }
    const opened = await this.#reopenAndRun();
    if (epoch !== this.#link.epoch || opened === 'cancelled') return;
    this.#replaysInARow = 0;
    patch(this.#store, 'host', { engine: 'ready' });
    if (opened === 'open' && this.#store.getState().ui.notice) {
      const text = 'The engine was restarted. Model, prompt and interventions were run again.';
      patch(this.#store, 'ui', { notice: { tone: 'info', text } });
    }
  }

  /** Opens the model again in an engine that came back without one. Answers whether it is open. */
  async #fillEngine(): Promise<boolean> {
    this.#replaysInARow = 0;
    const opened = await this.#models.open(this.#models.openPath ?? SHIPPED, { keepFailure: true });
    if (opened === 'open') this.#engineIsEmpty = false;
    return opened === 'open';
  }

  async #reopenAndRun(): Promise<Opened> {
    const opened = await this.#models.open(this.#models.openPath ?? SHIPPED, { keepFailure: true });
    if (opened === 'open') await this.#runs.runAgain();
    return opened;
  }
}
