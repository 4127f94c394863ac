/** Opens models, one at a time; the one asked for last wins. */
import { AppError, CancelledError, toWireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { LatestOnly } from '../base/latest-only.ts';
import { patch, type AppStore } from '../state/store.ts';
import type { EngineLink } from './engine-link.ts';

export type Opened = 'open' | 'failed' | 'cancelled';

export interface ModelOpenerOptions {
  readonly store: AppStore;
  readonly link: EngineLink;
  /** Another model than before is open, before the state says so: what is on screen means nothing to it. */
  readonly onOtherModel: (info: ModelInfo) => void;
}

export class ModelOpener {
  readonly #store: AppStore;
  readonly #link: EngineLink;
  readonly #onOtherModel: (info: ModelInfo) => void;
  readonly #latest = new LatestOnly<'model'>();
  #openPath: string | undefined;

  constructor({ store, link, onOtherModel }: ModelOpenerOptions) {
    this.#store = store;
    this.#link = link;
    this.#onOtherModel = onOtherModel;
  }

  /** What was opened last with success. The engine may have died or closed it since. */
  get openPath(): string | undefined {
    return this.#openPath;
  }

  /** `keepFailure`: the message about another model that could not be opened stays while this one comes back. */
  async open(path: string, { keepFailure = false } = {}): Promise<Opened> {
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
      const info = await this.#link.connected().call('model.open', { path }, { signal, onProgress });
      if (signal.aborted) return 'cancelled';
      if (this.#store.getState().model.info?.modelId !== info.modelId) this.#onOtherModel(info);
      this.#openPath = path;
      patch(this.#store, 'host', { engine: 'ready' });
      patch(this.#store, 'model', { info, opening: undefined, live: true });
      void this.list().catch(() => undefined); // a convenience, see `list`
      return 'open';
    } catch (error) {
      if (signal.aborted || error instanceof CancelledError) return 'cancelled';
      patch(this.#store, 'model', { opening: undefined, failed: { path, error: toWireError(error) } });
      // A dead engine is followed by another, and that by a replay.
      return error instanceof AppError && error.code === 'engine-died' ? 'cancelled' : 'failed';
    }
  }

  stop(): void {
    this.#latest.abortAll();
    patch(this.#store, 'model', { opening: undefined });
  }

  /** Models that the picker offers; the rest works without them. */
  async list(): Promise<void> {
    const { models } = (await this.#link.client?.call('shell.models', {})) ?? { models: [] };
    patch(this.#store, 'model', { entries: models });
  }
}
