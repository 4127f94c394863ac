/** Token count and cost of what the editor holds; never in the way of typing. */
import { AppError, toWireError } from '../../shared/base/app-error.ts';
import type { Prompt } from '../../shared/contract/methods.ts';
import type { Activity } from '../base/activity.ts';
import { createDebounce, type Debounced } from '../base/debounce.ts';
import { LatestOnly } from '../base/latest-only.ts';
import { promptSource } from '../state/selectors.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import type { EngineLink } from './engine-link.ts';
import { editorChanged, isBlank, toPrompt } from './prompt-source.ts';

const DELAY_MS = 250;

export interface PromptCounterOptions {
  readonly store: AppStore;
  readonly activity: Activity;
  readonly link: EngineLink;
}

export class PromptCounter {
  readonly #store: AppStore;
  readonly #activity: Activity;
  readonly #link: EngineLink;
  readonly #latest = new LatestOnly<'count'>();
  readonly #debounce: Debounced;

  constructor({ store, activity, link }: PromptCounterOptions) {
    this.#store = store;
    this.#activity = activity;
    this.#link = link;
    this.#debounce = createDebounce(activity, DELAY_MS);
  }

  onState(state: AppState, before: AppState): void {
    if (editorChanged(state, before)) this.#debounce.schedule(() => void this.#activity.track(this.#count()));
  }

  /** What is being counted is given up; the next model or change of the prompt starts again. */
  stop(): void {
    this.#latest.abortAll();
  }

  async #count(): Promise<void> {
    const { info, live } = this.#store.getState().model;
    const source = promptSource(this.#store.getState());
    const prompt = toPrompt(source);
    const signal = this.#latest.begin('count');
    if (!info || !live || isBlank(source) || prompt instanceof AppError) {
      const countError = prompt instanceof AppError ? toWireError(prompt) : undefined;
      patch(this.#store, 'prompt', { count: undefined, countError, estimate: undefined });
      return;
    }
    try {
      const { count, countIsLow } = await this.#tokensOf(prompt, signal);
      patch(this.#store, 'prompt', { count, countIsLow, countError: undefined });
      const tokens = Math.max(1, Math.min(count, info.context));
      const estimate = await this.#link.connected().call('run.estimate', { tokens }, { signal });
      patch(this.#store, 'prompt', { estimate });
    } catch (error) {
      const failure = toWireError(error);
      if (signal.aborted || failure.code === 'cancelled' || failure.code === 'engine-died') return;
      patch(this.#store, 'prompt', { count: undefined, countError: failure, estimate: undefined });
    }
  }

  async #tokensOf(prompt: Prompt, signal: AbortSignal) {
    // Ids need no tokenizer to be counted.
    if (prompt.kind === 'ids') return { count: prompt.ids.length, countIsLow: false };
    const { ids, more } = await this.#link.connected().call('prompt.tokenize', { prompt }, { signal });
    return { count: ids.length, countIsLow: more };
  }
}
