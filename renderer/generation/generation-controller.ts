/**
 * Generates from what the editor holds, under the interventions in force, and without them beside it. What came before
 * a cancel, an error or the death of the engine stays.
 */
import { AppError, toWireError } from '../../shared/base/app-error.ts';
import type { ParamsOf, Progress, Prompt } from '../../shared/contract/methods.ts';
import type { Generation } from '../../shared/model/generation.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { EngineLink } from '../engine/engine-link.ts';
import { emptyPrompt, isBlank, toPrompt } from '../engine/prompt-source.ts';
import { replacePrompt } from '../state/edits.ts';
import type {
  GeneratedLine,
  GenerationOrigin,
  GenerationSettings,
  LineEnd,
  LineKind,
} from '../state/generation-state.ts';
import { promptSource, runsCut, sameSource } from '../state/selectors.ts';
import { patch, type AppStore } from '../state/store.ts';
import { addLine } from './add-line.ts';

export interface GenerationControllerOptions {
  readonly store: AppStore;
  readonly link: EngineLink;
  /** Has the engine open the model of what is on screen. Answers whether it is. */
  readonly ensureModel: () => Promise<boolean>;
}

export class GenerationController {
  readonly #store: AppStore;
  readonly #link: EngineLink;
  readonly #ensureModel: () => Promise<boolean>;
  readonly #latest = new LatestOnly<'generation'>();

  constructor({ store, link, ensureModel }: GenerationControllerOptions) {
    this.#store = store;
    this.#link = link;
    this.#ensureModel = ensureModel;
  }

  /** Generates in place of what is on screen. */
  async generate(): Promise<void> {
    if (!this.#store.getState().model.live && !(await this.#ensureModel())) {
      const { failed } = this.#store.getState().model;
      if (failed) patch(this.#store, 'generation', { error: failed.error });
      return;
    }
    const state = this.#store.getState();
    const { info } = state.model;
    const source = promptSource(state);
    const prompt = isBlank(source) ? emptyPrompt(source) : toPrompt(source);
    if (!info) return;
    if (prompt instanceof AppError) {
      patch(this.#store, 'generation', { error: toWireError(prompt) });
      return;
    }
    const signal = this.#latest.begin('generation');
    const before = state.generation;
    const origin: GenerationOrigin = {
      modelId: info.modelId,
      source,
      cut: runsCut(state),
      interventions: interventionsInForce(state.edit.interventions),
      settings: before.settings,
    };
    const isChanged = origin.interventions.length > 0;
    const known = isChanged && isSameWithoutInterventions(before.origin, origin) ? whole(before.clean) : undefined;
    patch(this.#store, 'generation', { error: undefined, origin, clean: known, changed: undefined });
    if (isChanged && !(await this.#line('changed', prompt, origin, signal))) return;
    if (!known) await this.#line('clean', prompt, origin, signal);
  }

  /** The person stops it; what came stays. */
  cancel(): void {
    this.#end('cancelled');
  }

  /** The engine, the model or the connection goes away. */
  stop(): void {
    this.#end('interrupted');
  }

  /** Another model: what the one before wrote means nothing to it. */
  forget(): void {
    this.#latest.abortAll();
    const none = { job: undefined, error: undefined, origin: undefined, clean: undefined, changed: undefined };
    patch(this.#store, 'generation', none);
  }

  /**
   * Puts a line behind its prompt in the editor, in a step that undo takes back. Text is split into tokens anew when it
   * runs; where that gives others than were generated, a notice says so.
   */
  async addToPrompt(kind: LineKind): Promise<void> {
    const { generation, prompt } = this.#store.getState();
    const line = generation[kind];
    if (!line || !generation.origin) return;
    const { source } = generation.origin;
    const added = addLine(source, line);
    replacePrompt(this.#store, {
      text: added.kind === 'text' ? added.text : prompt.text,
      idsText: added.kind === 'ids' ? added.ids : prompt.idsText,
    });
    // Another model would split it otherwise.
    if (added.kind === 'ids' || !this.#store.getState().model.live) return;
    try {
      const { ids } = await this.#link.connected().call('prompt.tokenize', { prompt: added });
      const wanted = line.tokens.map(({ id }) => id);
      const got = ids.subarray(line.promptTokens);
      const isSame = got.length === wanted.length && wanted.every((id, i) => id === got[i]);
      if (isSame || !sameSource(added, promptSource(this.#store.getState()))) return;
      const text = 'The added text is split into other tokens than the model generated, so its attention may differ.';
      patch(this.#store, 'ui', { notice: { tone: 'info', text } });
    } catch {
      // Whatever is wrong with the prompt is said by its run.
    }
  }

  /** Answers whether it went to its end; otherwise the state already says what happened. */
  async #line(kind: LineKind, prompt: Prompt, origin: GenerationOrigin, signal: AbortSignal): Promise<boolean> {
    patch(this.#store, 'generation', { job: { kind, progress: undefined } });
    const { settings, cut } = origin;
    const params: ParamsOf<'generate.start'> = {
      prompt,
      interventions: kind === 'clean' ? [] : [...origin.interventions],
      cut,
      maxTokens: settings.maxTokens,
      sampling: samplingOf(settings),
      stopAtEnd: settings.stopAtEnd,
    };
    const onProgress = (progress: Progress) => {
      if (signal.aborted) return;
      patch(this.#store, 'generation', { job: { kind, progress } });
      if (progress.partial) this.#show(kind, progress.partial, undefined);
    };
    try {
      const generation = await this.#link.connected().call('generate.start', params, { signal, onProgress });
      if (signal.aborted) return false;
      this.#show(kind, generation, generation.stopped ?? undefined);
      patch(this.#store, 'generation', { job: undefined });
      return true;
    } catch (error) {
      // Whoever aborted has set the state that follows.
      if (signal.aborted) return false;
      const failure = toWireError(error);
      this.#end('interrupted');
      // The death of the engine is announced by itself, and ends the line as any interruption does.
      const silent = failure.code === 'engine-died' || failure.code === 'cancelled';
      if (!silent) patch(this.#store, 'generation', { error: failure });
      return false;
    }
  }

  #show(kind: LineKind, { promptTokens, tokens, text, milliseconds }: Generation, end: LineEnd | undefined): void {
    const before = this.#store.getState().generation[kind]?.tokens ?? [];
    // The tokens that were there keep their identity, so that only new ones are drawn.
    const kept = before.length <= tokens.length ? before : [];
    const line = { promptTokens, tokens: [...kept, ...tokens.slice(kept.length)], text, milliseconds, end };
    patch(this.#store, 'generation', { [kind]: line });
  }

  #end(end: LineEnd): void {
    this.#latest.abortAll();
    const { job, ...state } = this.#store.getState().generation;
    if (!job) return;
    const line: GeneratedLine = state[job.kind] ?? { promptTokens: 0, tokens: [], text: '', milliseconds: 0, end };
    patch(this.#store, 'generation', { job: undefined, [job.kind]: { ...line, end } });
  }
}

function samplingOf({
  choice,
  temperature,
  topK,
  topP,
  seed,
}: GenerationSettings): ParamsOf<'generate.start'>['sampling'] {
  if (choice === 'greedy') return { kind: 'greedy' };
  return {
    kind: 'sample',
    temperature,
    seed,
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  };
}

/** A clean line is the same again, whatever the interventions beside it. */
function isSameWithoutInterventions(before: GenerationOrigin | undefined, now: GenerationOrigin): boolean {
  return (
    before?.modelId === now.modelId &&
    before.settings === now.settings &&
    before.cut === now.cut &&
    sameSource(before.source, now.source)
  );
}

function whole(line: GeneratedLine | undefined): GeneratedLine | undefined {
  const isWhole = line?.end !== undefined && line.end !== 'cancelled' && line.end !== 'interrupted';
  return isWhole ? line : undefined;
}
