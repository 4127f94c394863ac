/**
 * Keeps the clean run of the prompt, the changed run of the interventions and that of the scenario that these are
 * compared with in step with what the person asks for. The latest wish wins, and what it overtakes is cancelled; the run
 * on screen stays until its successor is there.
 */
import { AppError, toWireError } from '../../shared/base/app-error.ts';
import type { Progress, Prompt, RunSummary, SessionRun } from '../../shared/contract/methods.ts';
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import { interventionsKey } from '../../shared/model/intervention-text.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import type { Activity } from '../base/activity.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { PromptSource, RunHandle, RunJob } from '../state/run-state.ts';
import { changeKey, comparedScenario, madeKey } from '../state/scenarios.ts';
import { canRun, hasChanges, promptSource } from '../state/selectors.ts';
import type { Notice } from '../state/ui-state.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import type { DataCache } from './data-cache.ts';
import { summaryKey } from './data-keys.ts';
import type { EngineLink } from './engine-link.ts';
import { editorChanged, emptyPrompt, isBlank, toPrompt } from './prompt-source.ts';

interface Wanted {
  readonly source: PromptSource;
  readonly cut: boolean;
}

/** What is changed in a run. */
interface Change {
  readonly interventions: readonly Intervention[];
  readonly finalNorm: FinalNorm;
}

const NO_CHANGE: Change = { interventions: [], finalNorm: 'recomputed' };

export interface RunControllerOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly activity: Activity;
  readonly link: EngineLink;
  /** Has the engine open the model that the runs on screen are of. Answers whether it is. */
  readonly ensureModel: () => Promise<boolean>;
}

/** Where a failed run of each kind is told. */
const ERROR_OF = { clean: 'error', changed: 'changedError', other: 'otherError' } as const;

/** Nats: between machines and builds the last digits of a likelihood differ. */
const STORED_TOLERANCE = 1e-3;

export class RunController {
  readonly #store: AppStore;
  readonly #cache: DataCache;
  readonly #activity: Activity;
  readonly #link: EngineLink;
  readonly #ensureModel: () => Promise<boolean>;
  readonly #latest = new LatestOnly<RunJob['kind']>();
  /** What the engine is to run; differs from the run on screen while it is under way. */
  #wanted: Wanted | undefined;
  /** What the run of the compared scenario was last begun for: what failed is not begun again by itself. */
  #begun: string | undefined;

  constructor({ store, cache, activity, link, ensureModel }: RunControllerOptions) {
    this.#store = store;
    this.#cache = cache;
    this.#activity = activity;
    this.#link = link;
    this.#ensureModel = ensureModel;
  }

  onState(state: AppState, before: AppState): void {
    // A session brings its changed run along.
    const isMade = state.run.job === undefined && changeKey(state.edit) === madeKey(state.run.changed);
    const isOtherEdit =
      state.edit.interventions !== before.edit.interventions || state.edit.finalNorm !== before.edit.finalNorm;
    if (
      !isMade &&
      isOtherEdit &&
      state.file.generation === before.file.generation &&
      changeKey(state.edit) !== changeKey(before.edit) &&
      state.run.job?.kind !== 'clean'
    ) {
      void this.#activity.track(this.runInterventions());
    }
    this.#followCompared(this.#store.getState());
    // The complaint was about another prompt.
    if (editorChanged(state, before) && state.run.error && state.run.error === before.run.error) {
      patch(this.#store, 'run', { error: undefined });
    }
  }

  /** Runs what the editor holds. `cut`: without what is past the context limit. */
  async runPrompt({ cut = false } = {}): Promise<void> {
    const state = this.#store.getState();
    const source = promptSource(state);
    if (!state.model.info || isBlank(source)) {
      patch(this.#store, 'run', { error: state.model.info ? toWireError(emptyPrompt(source)) : undefined });
      return;
    }
    await this.#runClean({ source, cut });
  }

  /** An empty prompt is a mistake only when the person runs it. */
  async runPromptIfAny(): Promise<void> {
    if (!isBlank(promptSource(this.#store.getState()))) await this.runPrompt();
  }

  /** Makes the runs on screen again, or those under way when the engine died. */
  async runAgain(): Promise<void> {
    if (this.#wanted) await this.#runClean(this.#wanted);
    else await this.runPromptIfAny();
  }

  /** Makes the changed run of the interventions, or puts it away where there are none. */
  async runInterventions(): Promise<void> {
    const state = this.#store.getState();
    const { edit, run } = state;
    if (!run.clean || !run.source || run.stale) return;
    this.#postponeCompared();
    if (!hasChanges(state)) {
      this.#latest.abort('changed');
      patch(this.#store, 'run', {
        changed: undefined,
        changedError: undefined,
        job: run.job?.kind === 'clean' ? run.job : undefined,
      });
      this.#release(run.changed);
      return;
    }
    if (run.clean.stored) {
      // A stored run has no residuals to go on from; the interventions follow the clean run.
      await this.#runClean({ source: run.source, cut: run.cut });
      return;
    }
    const prompt = toPrompt(run.source);
    if (prompt instanceof AppError) return;
    const change = { interventions: interventionsInForce(edit.interventions), finalNorm: edit.finalNorm };
    const summary = await this.#start('changed', prompt, run.cut, change);
    if (!summary) return;

    const { changed: before } = this.#store.getState().run;
    const changed = this.#keep(summary, change);
    patch(this.#store, 'run', { job: undefined, changed, changedError: undefined });
    this.#release(before);
  }

  /** Makes the run of the compared scenario again, after it was cancelled or failed. */
  runCompared(): void {
    this.#begun = undefined;
    patch(this.#store, 'run', { otherError: undefined });
  }

  /** Has the run of the scenario that is compared with, once that of the current one is there. */
  #followCompared(state: AppState): void {
    const { run, edit, model } = state;
    const scenario = comparedScenario(edit);
    const { clean, source } = run;
    if (!scenario || !clean || !source || clean.stored || run.stale || !model.live) {
      this.#begun = undefined;
      if (run.other ?? run.otherError) this.#setOther(undefined);
      return;
    }
    const key = changeKey(scenario);
    const wanted = `${clean.key} ${key}`;
    if (run.job || wanted === this.#begun || !canRun(state)) return;
    this.#begun = wanted;
    if (key === '') this.#setOther(clean);
    else void this.#activity.track(this.#runCompared(source, run.cut, scenario));
  }

  /** The current scenario comes first; the other one follows once that is there. */
  #postponeCompared(): void {
    if (this.#store.getState().run.job?.kind !== 'other') return;
    this.#latest.abort('other');
    this.#begun = undefined;
  }

  async #runCompared(source: PromptSource, cut: boolean, scenario: Change): Promise<void> {
    const prompt = toPrompt(source);
    if (prompt instanceof AppError) return;
    const change = { ...scenario, interventions: interventionsInForce(scenario.interventions) };
    const summary = await this.#start('other', prompt, cut, change);
    if (!summary) return;
    this.#setOther(this.#keep(summary, change));
    patch(this.#store, 'run', { job: undefined });
  }

  #setOther(other: RunHandle | undefined): void {
    const { other: before } = this.#store.getState().run;
    patch(this.#store, 'run', { other, otherError: undefined });
    if (before?.key !== other?.key) this.#release(before);
  }

  /** The person gives up the run under way. */
  cancel(): void {
    const { job } = this.#store.getState().run;
    if (!job) return;
    this.#latest.abortAll();
    const cancelled = { code: 'cancelled', message: 'The ablated run was cancelled.' } as const;
    patch(this.#store, 'run', { job: undefined, ...(job.kind === 'clean' ? {} : { [ERROR_OF[job.kind]]: cancelled }) });
    if (job.kind === 'clean') this.#backToShown();
  }

  /**
   * The model goes away under the runs, and the engine with it or not: those on screen stay visible until they are made
   * again. Stored ones need no model.
   */
  stop({ engineIsGone }: { readonly engineIsGone: boolean }): void {
    this.#latest.abortAll();
    const { clean } = this.#store.getState().run;
    patch(this.#store, 'run', { job: undefined, stale: engineIsGone || clean?.stored === undefined });
  }

  /** Shows runs of a session file, which the engine holds already, in place of those on screen. */
  adopt(runs: readonly SessionRun[], made?: Wanted): void {
    const { clean: cleanBefore, changed: changedBefore, other: otherBefore } = this.#store.getState().run;
    this.#latest.abortAll();
    const handleOf = (role: SessionRun['role']) => {
      const found = runs.find((run) => run.role === role);
      return found && this.#keep(found.summary, { finalNorm: 'recomputed', ...found.summary });
    };
    const clean = handleOf('clean');
    const changed = clean && handleOf('changed');
    this.#wanted = made;
    patch(this.#store, 'run', {
      job: undefined,
      clean,
      changed,
      other: undefined,
      error: undefined,
      changedError: undefined,
      otherError: undefined,
      stale: false,
      source: made?.source,
      cut: made?.cut ?? false,
    });
    for (const run of [cleanBefore, changedBefore, otherBefore]) this.#release(run);
  }

  /** Computes the stored runs on screen once more, with everything that a live run offers. */
  async goLive(): Promise<void> {
    const { source, cut, clean } = this.#store.getState().run;
    if (source && clean?.stored) await this.#runClean({ source, cut });
  }

  /** Another model: nothing is left to make again. */
  forget(): void {
    const { clean, changed, other } = this.#store.getState().run;
    this.#wanted = undefined;
    patch(this.#store, 'run', {
      clean: undefined,
      changed: undefined,
      other: undefined,
      source: undefined,
      error: undefined,
      changedError: undefined,
      otherError: undefined,
      stale: false,
    });
    for (const run of [clean, changed, other]) if (run) this.#cache.dropRun(run.key);
  }

  async #runClean(wanted: Wanted): Promise<void> {
    const prompt = toPrompt(wanted.source);
    if (prompt instanceof AppError) {
      patch(this.#store, 'run', { error: toWireError(prompt) });
      return;
    }
    this.#wanted = wanted;
    this.#latest.abort('changed');
    this.#postponeCompared();
    const summary = await this.#start('clean', prompt, wanted.cut, NO_CHANGE);
    if (!summary) return;

    const before = this.#store.getState();
    const hasSameTokens = sameIds(this.#idsOf(before.run.clean), summary.ids);
    const difference = hasSameTokens ? this.#storedDifference(before.run.clean, summary) : 0;
    const clean = this.#keep(summary, NO_CHANGE);
    this.#store.setState((state) => ({
      run: {
        ...state.run,
        job: undefined,
        clean,
        changed: undefined,
        other: undefined,
        source: wanted.source,
        cut: wanted.cut,
        stale: false,
        error: undefined,
        changedError: undefined,
        otherError: undefined,
      },
      prompt: { ...state.prompt, mode: hasSameTokens ? state.prompt.mode : 'tokens' },
      edit: hasSameTokens ? state.edit : { ...state.edit, pinnedToken: undefined },
      view:
        hasSameTokens && state.view.brush && state.view.brush.of === before.run.clean?.key
          ? { ...state.view, brush: { ...state.view.brush, of: clean.key } }
          : state.view,
      ui: {
        ...state.ui,
        hoverToken: undefined,
        ...(hasSameTokens ? {} : { tokenRange: undefined, logitPair: undefined }),
        ...(difference > STORED_TOLERANCE ? differs(difference) : {}),
      },
    }));
    for (const run of [before.run.clean, before.run.changed, before.run.other]) this.#release(run);
    if (hasChanges(before)) await this.runInterventions();
  }

  /** How far the likelihoods of a stored run are from those that were computed now, nats. */
  #storedDifference(run: RunHandle | undefined, { nll }: RunSummary): number {
    const stored = run?.stored && this.#cache.value(summaryKey(run.key))?.nll;
    if (!stored) return 0;
    let largest = 0;
    for (let at = 1; at < nll.length; at++) largest = Math.max(largest, Math.abs(nll[at]! - stored[at]!));
    return largest;
  }

  /** Undefined when it failed, was cancelled, or was overtaken; the state then says so already. */
  async #start(
    kind: RunJob['kind'],
    prompt: Prompt,
    cut: boolean,
    { interventions, finalNorm }: Change,
  ): Promise<RunSummary | undefined> {
    const signal = this.#latest.begin(kind);
    if (!this.#store.getState().model.live) {
      patch(this.#store, 'run', { job: { kind, progress: undefined } });
      const isOpen = await this.#ensureModel();
      if (signal.aborted) return undefined;
      if (!isOpen) {
        this.#withoutModel();
        return undefined;
      }
    }
    const { epoch } = this.#link;
    patch(this.#store, 'run', {
      job: { kind, progress: undefined },
      [ERROR_OF[kind]]: undefined,
    });
    try {
      const onProgress = (progress: Progress) => {
        if (!signal.aborted) patch(this.#store, 'run', { job: { kind, progress } });
      };
      const asked = { prompt, interventions: [...interventions], cut };
      const params = finalNorm === 'frozen' ? { ...asked, finalNorm } : asked;
      const summary = await this.#link.connected().call('run.start', params, { signal, onProgress });
      return signal.aborted || epoch !== this.#link.epoch ? undefined : summary;
    } catch (error) {
      // Whoever aborted has set the state that follows.
      if (signal.aborted) return undefined;
      const failure = toWireError(error);
      // A replay follows; an error in its place would only flash.
      const silent = failure.code === 'engine-died' || failure.code === 'cancelled';
      patch(this.#store, 'run', {
        job: undefined,
        ...(silent ? {} : { [ERROR_OF[kind]]: failure }),
      });
      if (kind === 'clean' && !silent) this.#backToShown();
      return undefined;
    }
  }

  /** The stored runs stay as they are; what was wanted of their model is told not to be had. */
  #withoutModel(): void {
    const { model, run, edit } = this.#store.getState();
    const failure = model.failed?.error ?? {
      code: 'no-model' as const,
      message: 'The model of this session could not be opened.',
    };
    this.#wanted = run.source ? { source: run.source, cut: run.cut } : undefined;
    const isBehind = changeKey(edit) !== madeKey(run.changed);
    patch(this.#store, 'run', { job: undefined, error: failure, ...(isBehind ? { changedError: failure } : {}) });
  }

  /** The run on screen stays: it is what a restart has to bring back, and what interventions apply to. */
  #backToShown(): void {
    const { run, edit } = this.#store.getState();
    this.#wanted = run.source ? { source: run.source, cut: run.cut } : undefined;
    const isBehind = changeKey(edit) !== madeKey(run.changed);
    if (isBehind) void this.#activity.track(this.runInterventions());
  }

  #keep(summary: RunSummary, { interventions, finalNorm }: Change): RunHandle {
    const key = this.#link.runKey(summary.runId);
    this.#cache.set(summaryKey(key), { status: 'ready', value: summary });
    return {
      key,
      runId: summary.runId,
      tokens: summary.ids.length,
      cutTokens: summary.cutTokens,
      badge: summary.badges[0] ?? 'exact',
      interventions: interventionsKey(interventions),
      ...(finalNorm === 'frozen' ? { finalNorm } : {}),
      ...(summary.stored ? { stored: summary.stored } : {}),
    };
  }

  #idsOf(run: RunHandle | undefined): Int32Array | undefined {
    return run && this.#cache.value(summaryKey(run.key))?.ids;
  }

  /** Lets the engine forget a run, unless it found the same one again for what is on screen now. */
  #release(run: RunHandle | undefined): void {
    if (!run) return;
    const { run: shown, lab } = this.#store.getState();
    if ([shown.clean, shown.changed, shown.other].some((one) => one?.key === run.key)) return;
    this.#cache.dropRun(run.key);
    // Methods were compared on it.
    if (lab.runKey === run.key) return;
    const ofThisEngine = run.key === this.#link.runKey(run.runId);
    // Memory only; an engine that cannot be told frees it with the next runs.
    if (ofThisEngine) this.#link.client?.call('run.release', { runId: run.runId }).catch(() => undefined);
  }
}

function differs(difference: number): { readonly notice: Notice } {
  const text =
    `The numbers that were computed now differ from the stored ones by up to ${difference.toPrecision(2)} nats a token ` +
    `(expected: below ${STORED_TOLERANCE}). The session was saved with another build or on another machine.`;
  return { notice: { tone: 'bad', text } };
}

function sameIds(a: Int32Array | undefined, b: Int32Array): boolean {
  return a?.length === b.length && a.every((id, i) => id === b[i]);
}
