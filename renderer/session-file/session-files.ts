/**
 * The session as a file: opening, saving, keeping unsaved work for recovery. Opening puts stored runs on screen without a
 * model; they become live ones when they are computed again (`RunController`).
 */
import { toWireError } from '../../shared/base/app-error.ts';
import type { OpenedSession, Progress, SessionTrace } from '../../shared/contract/methods.ts';
import { EFFECT_KINDS } from '../../shared/model/effect-results.ts';
import type { LayoutData } from '../../shared/session/slices/layout.ts';
import { plural } from '../../shared/view/format.ts';
import { LatestOnly } from '../base/latest-only.ts';
import { nextEffectId } from '../effects/effect-controller.ts';
import { effectKey } from '../effects/effect-keys.ts';
import { nextReferenceId, referencesIn } from '../compare-runs/pin-reference.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { originKey, referenceKey, weightsKey } from '../engine/data-keys.ts';
import type { EngineLink } from '../engine/engine-link.ts';
import type { RunController } from '../engine/run-controller.ts';
import { STORED_WEIGHTS } from '../engine/score-choice.ts';
import { decodeKey, labKey, labTaskKey } from '../lab/lab-keys.ts';
import type { FileState } from '../state/file-state.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { collectScores } from './collect-scores.ts';
import { chooseRuns, collectState, contentKey } from './collect.ts';
import { restoreScores, type RestoredScores } from './restore-scores.ts';
import { restoredLayout, restoredSource, restoreState } from './restore.ts';
import { collectEffects, restoreEffects, type RestoredEffects } from './stored-effects.ts';
import {
  chooseTraces,
  collectLab,
  nextStoredId,
  renamedDecode,
  renamedLab,
  restoreLab,
  type RestoredLab,
} from './stored-lab.ts';
import { collectReference, restoreReference, type RestoredReference } from './stored-reference.ts';

/** The panels, which keep their sizes themselves. */
export interface LayoutKeeper {
  layout(): LayoutData;
  setLayout(layout: LayoutData): void;
}

export interface SessionFilesOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly link: EngineLink;
  readonly runs: RunController;
  readonly layout: LayoutKeeper;
  /** Puts an opened session's model in the place of the one on screen. */
  readonly onOpened: (session: OpenedSession) => void;
}

/** Quiet time before unsaved work is kept. */
const AUTOSAVE_MS = 2500;
const LOOK_MS = 400;

export class SessionFiles {
  readonly #options: SessionFilesOptions;
  readonly #latest = new LatestOnly<'file'>();
  /** What was saved, opened or begun with last. */
  #savedContent: string | undefined;
  #autosaved = '';
  /** Of the session that was opened, as the engine has them. */
  #traces: readonly SessionTrace[] = [];
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  #autosaveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionFilesOptions) {
    this.#options = options;
  }

  onState(state: AppState, before: AppState): void {
    const { prompt, edit, view, generation, notes, run, scores, effects, lab, decode, headPage, reference } = state;
    const isSame =
      prompt === before.prompt &&
      edit === before.edit &&
      view === before.view &&
      generation === before.generation &&
      notes === before.notes &&
      run === before.run &&
      scores === before.scores &&
      effects === before.effects &&
      lab === before.lab &&
      decode === before.decode &&
      headPage === before.headPage &&
      reference === before.reference;
    if (isSame || this.#savedContent === undefined) return;
    clearTimeout(this.#lookTimer);
    this.#lookTimer = setTimeout(() => this.#look(), LOOK_MS);
    clearTimeout(this.#autosaveTimer);
    this.#autosaveTimer = setTimeout(() => void this.#autosave(), AUTOSAVE_MS);
  }

  /** What is on screen now counts as saved: nothing of it is the person's own work. */
  begin(): void {
    this.#savedContent = contentKey(this.#store.getState());
    this.#autosaved = this.#fingerprint();
    this.#set({ dirty: false });
  }

  /** Lists that the dialog shows; the rest works without them. */
  async list(): Promise<void> {
    const { client } = this.#options.link;
    if (!client) return;
    const [{ files }, { sessions }] = await Promise.all([
      client.call('session.recent', {}),
      client.call('session.recoverable', {}),
    ]);
    this.#set({ recent: files, recoverable: sessions });
  }

  /** Whether work would be lost. Asked when the window closes, so it does not wait for anything. */
  get isDirty(): boolean {
    return this.#savedContent !== undefined && contentKey(this.#store.getState()) !== this.#savedContent;
  }

  /**
   * Answers whether it is open; what failed is told in the state. `abandon`: the person gave up the unsaved work of the
   * session before, so that it is not offered for recovery.
   */
  async open(path: string, abandon = false): Promise<boolean> {
    return this.#take((client, options) => client.call('session.open', { path, abandon }, options));
  }

  /** The stored session of an example. It lies in no file of the person's; where there is none, nothing is told. */
  async openExample(id: string, abandon = false): Promise<boolean> {
    const opened = await this.#take((client, options) => client.call('session.openExample', { id, abandon }, options));
    if (!opened) this.#set({ error: undefined });
    return opened;
  }

  async recover(id: string, abandon = false): Promise<boolean> {
    const recovered = await this.#take((client, options) => client.call('session.recover', { id, abandon }, options));
    // Recovered is not saved.
    if (recovered) {
      this.#savedContent = '';
      this.#set({ dirty: true, recoverable: this.#file().recoverable.filter((other) => other.id !== id) });
    }
    return recovered;
  }

  async discard(id: string): Promise<void> {
    this.#set({ recoverable: this.#file().recoverable.filter((other) => other.id !== id) });
    await this.#options.link.client?.call('session.discard', { id });
  }

  /** Without a path, where it was saved before. `replace`: another file may lie there. */
  async save(path?: string, replace = false): Promise<boolean> {
    const { client } = this.#options.link;
    if (!client) return false;
    const signal = this.#latest.begin('file');
    const state = this.#store.getState();
    const content = contentKey(state);
    this.#set({ job: { kind: 'save', progress: undefined }, error: undefined, warnings: [] });
    try {
      const { warnings, sessionId, ...file } = await client.call(
        'session.save',
        { ...this.#content(state), path: path ?? null, replace, tensors: state.file.tensors },
        { signal, onProgress: (progress) => this.#progress('save', progress, signal) },
      );
      this.#savedContent = content;
      const { left } = collectScores(state, this.#options.cache);
      const { left: leftEffects } = collectEffects(state, this.#options.cache);
      const { left: leftOfLab } = collectLab(state, this.#options.cache);
      const { left: leftOfB } = collectReference(state, this.#options.cache);
      this.#set({
        job: undefined,
        file,
        sessionId,
        warnings: [
          ...warnings,
          ...left.map((name) => `The scores of “${name}” did not fit in: a session holds 24 MiB.`),
          ...leftEffects.map((kind) => `The result of “${kind}” did not fit in: a session holds 1.5 MiB of them.`),
          ...leftOfLab.map((name) => `The ${name} did not fit in: a session holds 12 MiB of the method lab.`),
          ...(leftOfB > 0 ? [`${plural(leftOfB, 'score')} of B did not fit in: a session holds 6 MiB of them.`] : []),
        ],
        dirty: contentKey(this.#store.getState()) !== content,
      });
      void this.list().catch(() => undefined);
      return true;
    } catch (error) {
      return this.#failed(error, signal);
    }
  }

  cancel(): void {
    this.#latest.abortAll();
    this.#set({ job: undefined });
  }

  /** Leaves the file behind; what is on screen stays, as a session that was never saved. */
  async detach(): Promise<void> {
    if (!this.#file().file) return;
    this.#savedContent = '';
    this.#set({ file: undefined, sessionId: null, dirty: true, autosavedAt: undefined });
    // Closing lets go of the stored runs, which stay on screen here.
    if (this.#store.getState().run.clean?.stored) return;
    await this.#options.link.client?.call('session.close', { abandon: false }).catch(() => undefined);
  }

  /** The stored runs on screen in an engine that was started again. Answers whether they are there. */
  async attachAgain(): Promise<boolean> {
    const { link, runs } = this.#options;
    try {
      const attached = await link.connected().call('session.attach', { sessionId: this.#file().sessionId });
      const { source, cut } = this.#store.getState().run;
      runs.adopt(attached.runs, source && { source, cut });
      this.#renameTraces(attached.traces);
      this.#holdLabRun();
      return true;
    } catch (error) {
      this.#set({ error: toWireError(error) });
      return false;
    }
  }

  async #take(
    call: (
      client: NonNullable<EngineLink['client']>,
      options: { signal: AbortSignal; onProgress: (progress: Progress) => void },
    ) => Promise<OpenedSession>,
  ): Promise<boolean> {
    const { client } = this.#options.link;
    if (!client) return false;
    const signal = this.#latest.begin('file');
    this.#set({ job: { kind: 'open', progress: undefined }, error: undefined, warnings: [] });
    try {
      const onProgress = (progress: Progress) => this.#progress('open', progress, signal);
      const opened = await call(client, { signal, onProgress });
      if (signal.aborted) return false;
      this.#show(opened);
      void this.list().catch(() => undefined);
      return true;
    } catch (error) {
      return this.#failed(error, signal);
    }
  }

  #show(opened: OpenedSession): void {
    const { runs, layout, onOpened } = this.#options;
    const pinnedBefore = referencesIn(this.#store.getState());
    onOpened(opened);
    const source = restoredSource(opened.state);
    runs.adopt(opened.runs, source ?? undefined);
    const state = this.#store.getState();
    const scores = restoreScores(opened.state, state.model.info, state);
    this.#putTables(state, scores);
    const reference = restoreReference(opened.state, nextReferenceId());
    this.#putReference(pinnedBefore, reference);
    const effects = restoreEffects(opened.state, state.model.info, nextEffectId);
    this.#putEffects(state, effects);
    const lab = restoreLab(
      opened.state,
      {
        model: state.model.info,
        cleanId: opened.runs.find(({ role }) => role === 'clean')?.summary.runId,
        traces: new Map(opened.traces.map(({ name, trace }) => [name, trace])),
      },
      nextStoredId,
    );
    this.#putLab(state, lab);
    this.#traces = opened.traces;
    const { file, sessionId } = opened;
    const warnings = [opened, scores, reference, effects, lab].flatMap((part) => part.warnings);
    this.#store.setState({
      ...restoreState(opened.state, state.run.clean, state, scores, reference, effects, lab),
      file: {
        ...state.file,
        file: file ?? undefined,
        sessionId,
        job: undefined,
        error: undefined,
        warnings,
        autosavedAt: undefined,
        tensors: opened.runs.some(({ summary }) => summary.stored?.tensors === true),
        generation: state.file.generation + 1,
      },
    });
    this.#holdLabRun();
    const sizes = restoredLayout(opened.state);
    if (sizes) layout.setLayout(sizes);
    this.begin();
  }

  /** In the place of those before. */
  #putTables({ scores, model }: AppState, { origins, weights }: RestoredScores): void {
    const { cache } = this.#options;
    for (const { id } of scores.origins) cache.delete(originKey(id));
    for (const [id, value] of origins) cache.set(originKey(id), { status: 'ready', value });
    const key = weightsKey(model.info?.modelId ?? '', STORED_WEIGHTS);
    if (weights) cache.set(key, { status: 'ready', value: weights });
    else cache.delete(key);
  }

  /** In the place of those that undo could have brought back. */
  #putReference(before: ReadonlySet<string>, { pinned, tables }: RestoredReference): void {
    const { cache } = this.#options;
    for (const id of before) cache.delete(referenceKey(id));
    if (pinned) cache.set(referenceKey(pinned.id), { status: 'ready', value: tables });
  }

  /** In the place of those before. */
  #putEffects({ effects }: AppState, { state, results }: RestoredEffects): void {
    const { cache } = this.#options;
    for (const kind of EFFECT_KINDS) {
      const [before, id, value] = [effects.results[kind], state.results[kind], results[kind]];
      if (before !== undefined) cache.delete(effectKey(kind, before));
      if (id !== undefined && value) cache.set<typeof value>(effectKey(kind, id), { status: 'ready', value });
    }
  }

  /** In the place of those before. */
  #putLab(before: AppState, { lab, decode, results }: RestoredLab): void {
    const { cache } = this.#options;
    if (before.lab.result !== undefined) cache.delete(labKey(before.lab.result));
    if (before.lab.taskResult !== undefined) cache.delete(labTaskKey(before.lab.taskResult));
    if (before.decode.result !== undefined) cache.delete(decodeKey(before.decode.result));
    if (lab.result !== undefined && results.lab) {
      cache.set(labKey(lab.result), { status: 'ready', value: results.lab });
    }
    if (lab.taskResult !== undefined && results.task) {
      cache.set(labTaskKey(lab.taskResult), { status: 'ready', value: results.task });
    }
    if (decode.result !== undefined && results.decode) {
      cache.set(decodeKey(decode.result), { status: 'ready', value: results.decode });
    }
  }

  /** What methods read was stored with this run: their maps need it when the prompt has been run once more. */
  #holdLabRun(): void {
    const { lab, run } = this.#store.getState();
    const record = lab.result === undefined ? undefined : this.#options.cache.value(labKey(lab.result));
    if (!run.clean?.stored || record?.runId !== run.clean.runId) return;
    patch(this.#store, 'lab', { runKey: run.clean.key });
  }

  /** The engine was started again, and gives other names. */
  #renameTraces(traces: readonly SessionTrace[]): void {
    const { cache } = this.#options;
    const { lab, decode } = this.#store.getState();
    const names = new Map(
      this.#traces.flatMap(({ name, trace: before }) => {
        const now = traces.find((other) => other.name === name)?.trace;
        return now === undefined ? [] : [[before, now] as const];
      }),
    );
    this.#traces = traces;
    const record = lab.result === undefined ? undefined : cache.value(labKey(lab.result));
    if (record && lab.result !== undefined) {
      cache.set(labKey(lab.result), { status: 'ready', value: renamedLab(record, names) });
    }
    const generated = decode.result === undefined ? undefined : cache.value(decodeKey(decode.result));
    if (generated && decode.result !== undefined) {
      cache.set(decodeKey(decode.result), { status: 'ready', value: renamedDecode(generated, names) });
    }
  }

  #failed(error: unknown, signal: AbortSignal): false {
    const failure = toWireError(error);
    if (!signal.aborted) {
      this.#set({ job: undefined, error: failure.code === 'cancelled' ? undefined : failure });
    }
    return false;
  }

  #look(): void {
    this.#set({ dirty: contentKey(this.#store.getState()) !== this.#savedContent });
  }

  /** Not in the way of anything: what fails now is tried again with the next change. */
  async #autosave(): Promise<void> {
    const { client } = this.#options.link;
    const state = this.#store.getState();
    const fingerprint = this.#fingerprint();
    if (!client || !state.file.dirty || state.run.job || state.file.job || fingerprint === this.#autosaved) return;
    try {
      const { savedAt } = await client.call('session.autosave', this.#content(state));
      if (savedAt === null) return;
      this.#autosaved = fingerprint;
      this.#set({ autosavedAt: savedAt });
    } catch {
      // See above.
    }
  }

  #content(state: AppState) {
    return {
      state: collectState(state, this.#options.cache, this.#options.layout.layout()),
      runs: chooseRuns(state, this.#options.cache),
      traces: chooseTraces(state, this.#options.cache),
      sessionId: state.file.sessionId,
    };
  }

  /** Equal while there is nothing new to keep. */
  #fingerprint(): string {
    return JSON.stringify(this.#content(this.#store.getState()));
  }

  #progress(kind: 'open' | 'save', progress: Progress, signal: AbortSignal): void {
    if (!signal.aborted) this.#set({ job: { kind, progress } });
  }

  #file(): FileState {
    return this.#store.getState().file;
  }

  #set(change: Partial<FileState>): void {
    patch(this.#store, 'file', change);
  }

  get #store(): AppStore {
    return this.#options.store;
  }
}
