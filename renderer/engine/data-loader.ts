/** Loads into the cache what the state demands (`demands.ts`); what it no longer demands is cancelled. */
import { toWireError } from '../../shared/base/app-error.ts';
import type { Activity } from '../base/activity.ts';
import { createDebounce, type Debounced } from '../base/debounce.ts';
import { LatestOnly } from '../base/latest-only.ts';
import type { AppStore } from '../state/store.ts';
import type { DataCache } from './data-cache.ts';
import type { DataSlot, Demand } from './demand.ts';
import { demandsOf } from './demands.ts';
import type { EngineLink } from './engine-link.ts';

const SLOTS: readonly DataSlot[] = [
  'cleanScores',
  'scores',
  'further',
  'weights',
  'miniatures',
  'comparison',
  'otherComparison',
  'bothComparison',
  'cleanLogits',
  'changedLogits',
  'otherLogits',
  'sinks',
  'spans',
  'distances',
  'profile',
  'token',
  'descriptors',
  'composition',
  'attribution',
  'best',
  'keptRows',
  'methodStep',
  'methodKey',
  'methodRow',
];
const PREVIEW_DELAY_MS = 40;

export interface DataLoaderOptions {
  readonly store: AppStore;
  readonly cache: DataCache;
  readonly activity: Activity;
  readonly link: EngineLink;
  /** Scores of the clean run have come. */
  readonly onCleanScores: () => void;
}

export class DataLoader {
  readonly #store: AppStore;
  readonly #cache: DataCache;
  readonly #link: EngineLink;
  readonly #onCleanScores: () => void;
  readonly #latest = new LatestOnly<DataSlot>();
  /** What each slot was last asked for. */
  readonly #keys = new Map<DataSlot, string>();
  readonly #previewDebounce: Debounced;

  constructor({ store, cache, activity, link, onCleanScores }: DataLoaderOptions) {
    this.#store = store;
    this.#cache = cache;
    this.#link = link;
    this.#onCleanScores = onCleanScores;
    this.#previewDebounce = createDebounce(activity, PREVIEW_DELAY_MS);
  }

  /** Brings the requests under way in step with the state. Stale runs demand nothing, so their requests end here. */
  reconcile(): void {
    const demands = demandsOf(this.#store.getState(), this.#cache);
    for (const slot of SLOTS) {
      const demand = demands[slot];
      if (demand?.key === this.#keys.get(slot)) continue;
      this.#giveUp(slot);
      if (slot === 'token') this.#previewDebounce.cancel();
      if (!demand) {
        this.#keys.delete(slot);
        continue;
      }
      this.#keys.set(slot, demand.key);
      if (this.#cache.get(demand.key) !== undefined) continue;
      if (demand.previews) this.#previewDebounce.schedule(() => void this.#load(slot, demand));
      else void this.#load(slot, demand);
    }
  }

  /** Asks again for data that failed to come. */
  retry(key: string): void {
    this.#cache.delete(key);
    for (const [slot, slotKey] of this.#keys) if (slotKey === key) this.#keys.delete(slot);
    this.reconcile();
  }

  /** What was on its way is forgotten at once: asked for again before its end has come, it is loaded anew. */
  #giveUp(slot: DataSlot): void {
    this.#latest.abort(slot);
    const key = this.#keys.get(slot);
    if (key !== undefined && this.#cache.get(key)?.status === 'loading') this.#cache.delete(key);
  }

  async #load(slot: DataSlot, demand: Demand): Promise<void> {
    const { client } = this.#link;
    if (!client) return;
    const signal = this.#latest.begin(slot);
    this.#cache.set(demand.key, { status: 'loading' });
    try {
      const value = await demand.load(client, signal);
      this.#cache.set(demand.key, { status: 'ready', value });
      if (slot === 'cleanScores') this.#onCleanScores();
    } catch (error) {
      // By now the entry may be that of a later request.
      if (signal.aborted) return;
      const failure = toWireError(error);
      if (failure.code === 'cancelled' || failure.code === 'engine-died') this.#cache.delete(demand.key);
      else this.#cache.set(demand.key, { status: 'failed', error: failure });
    }
  }
}
