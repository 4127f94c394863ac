import { describe, expect, it } from 'vitest';
import { keysRead, overlapOf, TraceBuilder, TraceStore, type MethodTrace } from './trace-store.ts';

const lists = (...rows: readonly (readonly number[])[]) => rows.map((keys) => Int32Array.from(keys));
/** One layer with two heads; queries 3 and 4. */
const traceOf = (...heads: readonly (readonly Int32Array[])[]): MethodTrace => ({
  tokens: 5,
  promptLength: 3,
  layers: [heads],
});
const one = traceOf(lists([0, 1, 3], [0, 4]), lists([], [2]));
const other = traceOf(lists([1, 2, 3], [0, 4]), lists([], [3]));
const breathe = () => Promise.resolve();

describe('what methods read', () => {
  it('is told by query', () => {
    expect([...keysRead(one, { layer: 0, head: 0, query: 3 })]).toEqual([0, 1, 3]);
    expect([...keysRead(one, { layer: 0, head: 1, query: 4 })]).toEqual([2]);
    for (const asked of [{ query: 2 }, { query: 5 }, { head: 2 }, { layer: 1 }]) {
      expect(() => keysRead(one, { layer: 0, head: 0, query: 3, ...asked })).toThrow('is not under the method');
    }
  });

  it('overlaps by the keys of both over the keys of either', async () => {
    expect([...(await overlapOf(one, other, breathe))]).toEqual([(2 / 4 + 1) / 2, (1 + 0) / 2]);
    expect([...(await overlapOf(one, one, breathe))]).toEqual([1, 1]);
    await expect(overlapOf(one, { ...other, tokens: 6 }, breathe)).rejects.toThrow('different rows');
  });

  it('is kept while there is room', () => {
    const store = new TraceStore();
    const first = store.add(one, 2 ** 27);
    const second = store.add(other, 2 ** 27);
    expect([store.get(first), store.get(second)]).toEqual([one, other]);
    store.add(one, 1);
    expect(() => store.get(first)).toThrow('no longer held');
    expect(store.get(second)).toBe(other);
    store.clear();
    expect(() => store.get(second)).toThrow('no longer held');
  });

  it('is given up where it is too large', () => {
    const builder = new TraceBuilder();
    const shared = new Int32Array(2 ** 20);
    builder.add([[shared], [shared]]);
    expect(builder.built!.bytes).toBe(2 ** 22 + 128);
    for (let more = 0; more < 64; more++) builder.add([[new Int32Array(2 ** 20)]]);
    expect(builder.built).toBeNull();
  });
});
