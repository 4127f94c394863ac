import { describe, expect, it, vi } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { CellReading, ParamsOf, RegionReading, Tile, TokenAttention } from '../../shared/contract/methods.ts';
import type { MapSource } from './map-source.ts';
import { pictureKey, type Picture, type TileAddress } from './picture.ts';
import { TileCache } from './tile-cache.ts';

const picture: Picture = {
  runId: 'r1',
  layer: 0,
  head: 1,
  value: 'probability',
  reducer: 'max',
  skipKeys: 0,
  renormalise: false,
  tokens: 4096,
};
const key = pictureKey(picture);
const at = (tileRow: number, tileColumn = 0, level = 0): TileAddress => ({ level, tileRow, tileColumn });

interface Call {
  readonly params: ParamsOf<'run.tile'>;
  readonly signal: AbortSignal;
  resolve(tile: Tile): void;
  reject(error: Error): void;
}

/** A source that answers when told to. */
function manualSource() {
  const calls: Call[] = [];
  const source: MapSource = {
    tile: (params, signal) =>
      new Promise((resolve, reject) => {
        calls.push({ params, signal, resolve, reject });
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      }),
    cell: () => Promise.reject<CellReading>(new Error('not asked')),
    region: () => Promise.reject<RegionReading>(new Error('not asked')),
    token: () => Promise.reject<TokenAttention>(new Error('not asked')),
  };
  return { source, calls };
}

const tile = (max = 1): Tile => ({ values: new Float32Array(4), min: 0, max });
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const make = (budgetBytes = 1 << 20, concurrency = 2) =>
  new TileCache({ budgetBytes, concurrency, schedule: queueMicrotask });

describe('TileCache', () => {
  it('fetches a few at a time, most urgent first, each tile once', async () => {
    const { source, calls } = manualSource();
    const cache = make();
    cache.want(source, picture, [at(0), at(1), at(2)]);
    cache.want(source, picture, [at(0), at(1), at(2)]);
    expect(calls.map((call) => call.params.tileRow)).toEqual([0, 1]);
    calls[0]!.resolve(tile());
    await settle();
    expect(calls.map((call) => call.params.tileRow)).toEqual([0, 1, 2]);
    expect(calls[2]!.params).toEqual({
      runId: 'r1',
      layer: 0,
      head: 1,
      value: 'probability',
      reducer: 'max',
      skipKeys: 0,
      renormalise: false,
      level: 0,
      tileRow: 2,
      tileColumn: 0,
    });
    expect(cache.get(key, at(0))?.tile.max).toBe(1);
    cache.want(source, picture, [at(0)]);
    expect(calls).toHaveLength(3);
  });

  it('aborts what nobody wants any more and asks for the new at once', async () => {
    const { source, calls } = manualSource();
    const cache = make();
    cache.want(source, picture, [at(0), at(1)]);
    cache.want(source, picture, [at(5)]);
    expect(calls.map((call) => call.signal.aborted)).toEqual([true, true, false]);
    calls[2]!.resolve(tile());
    await settle();
    expect(cache.get(key, at(5))).toBeDefined();
    expect(cache.failureOf(key)).toBeUndefined();
    expect(cache.loading).toBe(false);
  });

  it('stays within its budget, least recently used first, and never drops what is wanted', async () => {
    const { source, calls } = manualSource();
    const cache = make(3 * 32, 8);
    cache.want(source, picture, [at(0), at(1), at(2)]);
    for (const call of calls) call.resolve(tile());
    await settle();
    cache.get(key, at(0));
    cache.want(source, picture, [at(2), at(3)]);
    calls[3]!.resolve(tile());
    await settle();
    expect([0, 1, 2, 3].map((row) => cache.get(key, at(row)) !== undefined)).toEqual([true, false, true, true]);
    expect(cache.byteLength).toBe(3 * 32);
  });

  it('tells listeners once for several tiles', async () => {
    const { source, calls } = manualSource();
    const cache = make();
    const listener = vi.fn();
    cache.subscribe(listener);
    cache.want(source, picture, [at(0), at(1)]);
    for (const call of calls) call.resolve(tile());
    await settle();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(cache.version()).toBe(1);
  });

  it('keeps a failure, does not ask again by itself, and asks after retry', async () => {
    const { source, calls } = manualSource();
    const cache = make();
    cache.want(source, picture, [at(0)]);
    calls[0]!.reject(new Error('The run was released.'));
    await settle();
    expect(cache.failureOf(key)?.message).toBe('The run was released.');
    cache.want(source, picture, [at(0)]);
    expect(calls).toHaveLength(1);
    cache.retry();
    cache.want(source, picture, [at(0)]);
    expect(calls).toHaveLength(2);
  });

  it('forgets failures with the source that had them, and takes a cancellation for none', async () => {
    const [first, second] = [manualSource(), manualSource()];
    const cache = make();
    cache.want(first.source, picture, [at(0), at(1)]);
    first.calls[0]!.reject(new Error('The engine stopped.'));
    first.calls[1]!.reject(new CancelledError());
    await settle();
    expect(cache.failureOf(key)?.message).toBe('The engine stopped.');
    cache.want(second.source, picture, [at(0), at(1)]);
    expect(cache.failureOf(key)).toBeUndefined();
    expect(second.calls).toHaveLength(2);
  });

  it('knows the extent of a level, without tiles that show nothing', async () => {
    const { source, calls } = manualSource();
    const cache = make();
    cache.want(source, picture, [at(0), at(1)]);
    calls[0]!.resolve(tile(0.7));
    calls[1]!.resolve({ values: new Float32Array(4), min: NaN, max: NaN });
    await settle();
    expect(cache.extent(key, 0)).toEqual([0, 0.7]);
    expect(cache.extent(key, 1)).toBeUndefined();
  });

  it('knows its extent without the texels of some keys', async () => {
    const cache = make();
    const values = new Float32Array(65536).fill(NaN);
    values.set([0.9, 0.2, 0.5], 0);
    values.set([0.8, 0.1], 256);
    const { source } = manualSource();
    cache.want({ ...source, tile: () => Promise.resolve({ values, min: 0.1, max: 0.9 }) }, picture, [at(0)]);
    await settle();
    const extent = (keys: readonly number[]) =>
      cache.extent(pictureKey(picture), 0, keys)?.map((end) => end.toFixed(1));
    expect(extent([])).toEqual(['0.1', '0.9']);
    expect(extent([0])).toEqual(['0.1', '0.5']);
    expect(extent([0, 2])).toEqual(['0.1', '0.2']);
    expect(extent([700])).toEqual(['0.1', '0.9']);
  });
});
