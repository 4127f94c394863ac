/**
 * Tiles of attention maps, kept by least recent use within a byte budget.
 *
 * The view says what it wants, in order of urgency, as often as it likes; the cache fetches what is missing, a few at a
 * time, and aborts what nobody wants any more. It never decides what is drawn: while a fine tile is on its way the
 * painter finds a coarser one here. Subscribers hear of news at most once a frame.
 */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Tile } from '../../shared/contract/methods.ts';
import { endsWithout, texelColumns, type TileEnds } from '../../shared/view/map/tile-ends.ts';
import type { TileSource } from './map-source.ts';
import { pictureKey, tileId, type Picture, type TileAddress } from './picture.ts';

/** A tile with its texels in colours, if the processor painted it. */
export interface CachedTile {
  readonly tile: Tile;
  /** Ends without some texel columns, which it names; see `extent`. */
  without?: { readonly columns: string; readonly min: number; readonly max: number };
  /** RGBA words and what they were painted with; replaced when the colours change. */
  painted: { readonly words: Uint32Array; readonly colours: string } | undefined;
}

export interface TileCacheOptions {
  readonly budgetBytes: number;
  /** Requests under way at once. Few, so that a newer wish is not behind many old ones. */
  readonly concurrency: number;
  /** Runs a callback soon; an animation frame in the app. */
  readonly schedule: (callback: () => void) => void;
}

/** Values and painted picture: both have four bytes a texel. */
const bytesOf = (tile: Tile) => tile.values.byteLength * 2;

interface Wish {
  readonly source: TileSource;
  readonly picture: Picture;
  readonly address: TileAddress;
  readonly id: string;
}

export class TileCache {
  /** In order of use, least recent first. */
  readonly #tiles = new Map<string, CachedTile>();
  readonly #inFlight = new Map<string, AbortController>();
  readonly #failures = new Map<string, Error>();
  readonly #listeners = new Set<() => void>();
  readonly #options: TileCacheOptions;
  #queue: Wish[] = [];
  #wanted = new Set<string>();
  #bytes = 0;
  #version = 0;
  #announced = false;
  #source: TileSource | undefined;

  constructor(options: TileCacheOptions) {
    this.#options = options;
  }

  /** Changes whenever there is something new to draw. */
  readonly version = (): number => this.#version;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get byteLength(): number {
    return this.#bytes;
  }

  /** A tile if it is here; counts as a use. */
  get(picture: string, address: TileAddress): CachedTile | undefined {
    const id = tileId(picture, address);
    const found = this.#tiles.get(id);
    if (found) {
      this.#tiles.delete(id);
      this.#tiles.set(id, found);
    }
    return found;
  }

  /**
   * Smallest and largest value over the tiles of a level that are here, without the texels that hold some keys;
   * undefined without any.
   */
  extent(picture: string, level: number, withoutKeys: readonly number[] = []): readonly [number, number] | undefined {
    const prefix = `${picture}/${level}/`;
    let [min, max] = [Infinity, -Infinity];
    for (const [id, cached] of this.#tiles) {
      // A tile without a visible cell has NaN ends, which fail both comparisons.
      if (!id.startsWith(prefix)) continue;
      const tileColumn = Number(id.slice(id.lastIndexOf('/') + 1));
      const ends = endsOf(cached, texelColumns(withoutKeys, level, tileColumn));
      if (ends.min < min) min = ends.min;
      if (ends.max > max) max = ends.max;
    }
    return min <= max ? [min, max] : undefined;
  }

  /** Why tiles of a picture could not be had; the first reason, if any. */
  failureOf(picture: string): Error | undefined {
    for (const [id, error] of this.#failures) if (id.startsWith(`${picture}/`)) return error;
    return undefined;
  }

  /** Forgets failures, so that the next wish asks again. */
  retry(): void {
    this.#failures.clear();
    this.#announce();
  }

  /** Replaces all earlier wishes. Most urgent first. Requests under way that are not in the list are aborted. */
  want(source: TileSource, picture: Picture, addresses: readonly TileAddress[]): void {
    if (source !== this.#source) {
      // Another source may well succeed: the engine came back, or the run was made again.
      this.#source = source;
      this.#failures.clear();
    }
    const key = pictureKey(picture);
    const wishes = addresses.map((address) => ({ source, picture, address, id: tileId(key, address) }));
    this.#wanted = new Set(wishes.map((wish) => wish.id));
    for (const [id, controller] of this.#inFlight) {
      if (this.#wanted.has(id)) continue;
      this.#inFlight.delete(id);
      controller.abort();
    }
    this.#queue = wishes.filter(({ id }) => !this.#tiles.has(id) && !this.#inFlight.has(id) && !this.#failures.has(id));
    this.#pump();
  }

  /** Whether anything that is wanted is still missing. */
  get loading(): boolean {
    return this.#inFlight.size > 0 || this.#queue.length > 0;
  }

  /** Asks for another frame without new data: there was more to paint than a frame has time for. */
  touch(): void {
    this.#announce();
  }

  /** Aborts everything and forgets all tiles. The cache can be used again. */
  clear(): void {
    this.#queue = [];
    this.#wanted.clear();
    for (const controller of this.#inFlight.values()) controller.abort();
    this.#inFlight.clear();
    this.#tiles.clear();
    this.#failures.clear();
    this.#bytes = 0;
  }

  #pump(): void {
    while (this.#inFlight.size < this.#options.concurrency) {
      const wish = this.#queue.shift();
      if (!wish) return;
      void this.#fetch(wish);
    }
  }

  async #fetch({ source, picture, address, id }: Wish): Promise<void> {
    const controller = new AbortController();
    this.#inFlight.set(id, controller);
    const { runId, layer, head, value, reducer, skipKeys, renormalise } = picture;
    try {
      const question = { runId, layer, head, value, reducer, skipKeys, renormalise, ...address };
      const tile = await source.tile(question, controller.signal);
      // Aborted but answered all the same: the numbers are right, so keep them.
      this.#store(id, tile);
    } catch (error) {
      // Cancelled by someone else: no failure to show, and asked for again with the next wish.
      if (!controller.signal.aborted && !(error instanceof CancelledError)) {
        this.#failures.set(id, error instanceof Error ? error : new Error(String(error)));
      }
    }
    if (this.#inFlight.get(id) === controller) this.#inFlight.delete(id);
    this.#announce();
    this.#pump();
  }

  #store(id: string, tile: Tile): void {
    if (this.#tiles.has(id)) return;
    this.#tiles.set(id, { tile, painted: undefined });
    this.#bytes += bytesOf(tile);
    for (const [oldId, old] of this.#tiles) {
      if (this.#bytes <= this.#options.budgetBytes) return;
      // What is wanted now stays even over the budget: evicting it would only fetch it again.
      if (this.#wanted.has(oldId)) continue;
      this.#tiles.delete(oldId);
      this.#bytes -= bytesOf(old.tile);
    }
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#options.schedule(() => {
      this.#announced = false;
      this.#version++;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

/** Asked for on every render: remembered. */
function endsOf(cached: CachedTile, columns: readonly number[]): TileEnds {
  if (columns.length === 0) return cached.tile;
  const name = columns.join(' ');
  if (cached.without?.columns === name) return cached.without;
  cached.without = { columns: name, ...endsWithout(cached.tile.values, columns) };
  return cached.without;
}
