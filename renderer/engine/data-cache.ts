/**
 * Results of the engine beside the store: summaries, score tables, marginals, rows. Everything here can be asked for
 * again, so the cache may drop it at any time.
 *
 * Keys begin with the key of the run that they belong to, `3/r7:`, so that a released run takes its data along. Tiles
 * are not kept here: the map has its own cache with a budget in bytes.
 */
import type { WireError } from '../../shared/base/app-error.ts';

declare const valueType: unique symbol;

/** A key that knows what lies under it. */
export type DataKey<T> = string & { readonly [valueType]?: T };

export type DataEntry<T> =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: T }
  | { readonly status: 'failed'; readonly error: WireError };

/** What comes and goes with the pointer, and how much of it is kept; the least recently written gives way. */
const BOUNDED: readonly { readonly what: RegExp; readonly most: number }[] = [
  { what: /:token:/, most: 128 },
  { what: /^kept\/.*\/(?:row|step|key)\//, most: 512 },
  { what: /^kept\/.*\/rows\//, most: 64 },
];

export class DataCache {
  readonly #entries = new Map<string, DataEntry<unknown>>();
  readonly #listeners = new Set<() => void>();

  /** The same object until the entry changes, as `useSyncExternalStore` needs it. */
  get<T>(key: DataKey<T>): DataEntry<T> | undefined {
    return this.#entries.get(key) as DataEntry<T> | undefined;
  }

  value<T>(key: DataKey<T>): T | undefined {
    const entry = this.get(key);
    return entry?.status === 'ready' ? entry.value : undefined;
  }

  set<T>(key: DataKey<T>, entry: DataEntry<T>): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#evict();
    this.#emit();
  }

  delete(key: string): void {
    if (this.#entries.delete(key)) this.#emit();
  }

  /** Forgets everything of a run. */
  dropRun(runKey: string): void {
    for (const key of [...this.#entries.keys()]) if (key.startsWith(`${runKey}:`)) this.#entries.delete(key);
    this.#emit();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #evict(): void {
    for (const { what, most } of BOUNDED) {
      const found = [...this.#entries.keys()].filter((key) => what.test(key));
      for (const key of found.slice(0, Math.max(0, found.length - most))) this.#entries.delete(key);
    }
  }

  #emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
