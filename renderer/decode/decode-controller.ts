/**
 * Generates from the prompt on screen under a method, and without one beside it, and keeps what was read at every step.
 * The dense continuation of a prompt is made once.
 */
import { AppError, toWireError } from '../../shared/base/app-error.ts';
import type { ParamsOf, Progress } from '../../shared/contract/methods.ts';
import type { DecodeRecord } from '../../shared/model/lab.ts';
import type { MethodGeneration } from '../../shared/model/method-views.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { DataCache } from '../engine/data-cache.ts';
import type { EngineLink } from '../engine/engine-link.ts';
import { decodeKey, METHODS_KEY } from '../lab/lab-keys.ts';
import type { DecodeSettings, DecodeState } from '../state/decode-state.ts';
import { setDecode } from '../state/edits.ts';
import { patch, type AppState, type AppStore } from '../state/store.ts';
import { decodeRequest, type DecodeRequest } from './decode-request.ts';

export interface DecodeControllerOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly link: EngineLink;
}

let made = 0;

export class DecodeController {
  readonly #options: DecodeControllerOptions;
  readonly #latest = new LatestOnly<'decode'>();
  /** Whether the engine may still hold what was read for the last result. */
  #isHeld = false;

  constructor(options: DecodeControllerOptions) {
    this.#options = options;
  }

  onState(state: AppState, before: AppState): void {
    if (state.model.info?.modelId === before.model.info?.modelId) return;
    this.cancel();
    this.#forget(state.model.info?.modelId);
  }

  /** In a step that undo takes back. `gesture`: changes of the same one in a row are undone at once. */
  set(change: Partial<DecodeSettings>, gesture?: string): void {
    setDecode(this.#options.store, change, gesture);
  }

  /** Another text or step of what was generated. */
  look(change: Partial<Pick<DecodeState, 'under' | 'step'>>): void {
    patch(this.#options.store, 'decode', change);
  }

  /** Answers whether there is a result. `anew`: the dense continuation too. */
  async generate(anew = false): Promise<boolean> {
    const { store, cache } = this.#options;
    const signal = this.#latest.begin('decode');
    patch(store, 'decode', { job: { phase: 'Starting', progress: undefined }, failed: undefined });
    try {
      const methods = cache.value(METHODS_KEY);
      const asked = decodeRequest(store.getState(), cache, methods ?? []);
      const known = anew || !this.#isHeld ? undefined : this.#knownDense(asked);
      const dense = known ?? (await this.#ask('Dense attention', asked.dense, signal));
      const method = await this.#ask(asked.info.name, asked.method, signal);
      if (signal.aborted) return false;
      this.#show({ about: asked.about, info: asked.info, method, dense, maxTokens: asked.dense.maxTokens });
      return true;
    } catch (error) {
      // Whoever aborted has set the state that follows.
      if (signal.aborted) return false;
      const failure = toWireError(error);
      const silent = failure.code === 'engine-died' || failure.code === 'cancelled';
      patch(store, 'decode', { job: undefined, failed: silent ? undefined : failure });
      return false;
    }
  }

  cancel(): void {
    this.#latest.abortAll();
    if (this.#options.store.getState().decode.job) patch(this.#options.store, 'decode', { job: undefined });
  }

  /** The engine, the model or the connection goes away. */
  stop(): void {
    this.#isHeld = false;
    const { job } = this.#options.store.getState().decode;
    this.cancel();
    if (!job) return;
    const error = new AppError('engine-died', 'The engine or its model went away before the text was done.', {
      hint: 'Generate it again.',
    });
    patch(this.#options.store, 'decode', { failed: toWireError(error) });
  }

  async #ask(name: string, params: ParamsOf<'method.generate'>, signal: AbortSignal): Promise<MethodGeneration> {
    const { store, link } = this.#options;
    const onProgress = (progress: Progress) => {
      if (!signal.aborted) patch(store, 'decode', { job: { phase: name, progress } });
    };
    patch(store, 'decode', { job: { phase: name, progress: undefined } });
    const told = await link.connected().call('method.generate', params, { signal, onProgress });
    if (signal.aborted) throw new AppError('cancelled', 'The generation was cancelled.');
    return told;
  }

  /** Of the same prompt, as long as the engine still holds what was read. */
  #knownDense({ dense, about }: DecodeRequest): MethodGeneration | undefined {
    const { store, cache } = this.#options;
    const { result } = store.getState().decode;
    const before = result === undefined ? undefined : cache.value(decodeKey(result));
    if (!before || before.about.modelId !== about.modelId || before.dense.promptLength !== dense.promptLength)
      return undefined;
    const { ids } = dense.prompt;
    const same =
      before.dense.promptTokens === ids.length &&
      before.maxTokens === dense.maxTokens &&
      ids.every((id, at) => id === before.dense.ids[at]);
    return same ? before.dense : undefined;
  }

  #show(record: DecodeRecord): void {
    const { store, cache } = this.#options;
    const { result, step } = store.getState().decode;
    if (result !== undefined) cache.delete(decodeKey(result));
    made += 1;
    const id = `d${made}`;
    cache.set(decodeKey(id), { status: 'ready', value: record });
    this.#isHeld = true;
    const last = Math.max(0, record.method.tokens.length - 1);
    patch(store, 'decode', { job: undefined, result: id, step: Math.min(step, last), key: null });
  }

  /** What another model wrote is none of this one. */
  #forget(modelId: string | undefined): void {
    const { store, cache } = this.#options;
    const { result } = store.getState().decode;
    if (result === undefined) return;
    if (cache.value(decodeKey(result))?.about.modelId === modelId) return;
    cache.delete(decodeKey(result));
    patch(store, 'decode', { result: undefined, failed: undefined, step: 0, key: null });
  }
}
