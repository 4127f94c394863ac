import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../shared/base/app-error.ts';
import { keysRead, overlapOf, rowOf, TraceBuilder, TraceStore, type MethodTrace } from './trace-store.ts';

const lists = (...rows: readonly (readonly number[])[]) => rows.map((keys) => Int32Array.from(keys));
const breathe = () => Promise.resolve();
const about = { tokens: 5, firstRow: 3, windows: [null], changes: false, propagated: false };
/** One layer with two heads; queries 3 and 4. */
async function traceOf(...heads: readonly (readonly Int32Array[])[]): Promise<MethodTrace> {
  const builder = new TraceBuilder(about);
  await builder.add(0, heads, breathe);
  return builder.build(null)!;
}
const one = await traceOf(lists([0, 1, 3], [0, 4]), lists([], [2]));
const other = await traceOf(lists([1, 2, 3], [0, 4]), lists([], [3]));

describe('what methods read', () => {
  it('is told by query', () => {
    expect([...keysRead(one, { layer: 0, head: 0, query: 3 })]).toEqual([0, 1, 3]);
    expect([...keysRead(one, { layer: 0, head: 1, query: 4 })]).toEqual([2]);
    for (const asked of [{ query: 2 }, { query: 5 }, { head: 2 }, { layer: 1 }]) {
      expect(() => keysRead(one, { layer: 0, head: 0, query: 3, ...asked })).toThrow('is not under the method');
    }
    expect([2, 3, 4, 5].map((query) => rowOf(one, query))).toEqual([-1, 0, 1, -1]);
  });

  it('overlaps by the keys of both over the keys of either', async () => {
    expect([...(await overlapOf(one, other, breathe))]).toEqual([(2 / 4 + 1) / 2, (1 + 0) / 2]);
    expect([...(await overlapOf(one, one, breathe))]).toEqual([1, 1]);
    await expect(overlapOf(one, { ...other, tokens: 6 }, breathe)).rejects.toThrow('different rows');
    await expect(overlapOf(one, { ...other, rows: 1 }, breathe)).rejects.toThrow('different rows');
    const fewer = await traceOf(lists([0], [0]));
    await expect(overlapOf(one, fewer, breathe)).rejects.toThrow('different models');
  });

  it('is kept while there is room', () => {
    const store = new TraceStore();
    const [large, next] = [
      { ...one, bytes: 2 ** 27 },
      { ...other, bytes: 2 ** 27 },
    ];
    const first = store.add(large);
    const second = store.add(next);
    expect([store.get(first), store.get(second)]).toEqual([large, next]);
    const stored = store.add(one, true);
    expect(() => store.get(first)).toThrow('no longer held');
    expect(store.get(second)).toBe(next);
    store.clear();
    expect(() => store.get(second)).toThrow('no longer held');
    expect(store.get(stored)).toBe(one);
  });

  it('lets go of states before it lets go of what was read', () => {
    const store = new TraceStore();
    const states = () => ({}) as never;
    const [first, second, third] = Array.from({ length: 3 }, () => store.add({ ...one, states, stateBytes: 2 ** 27 }));
    expect(store.get(first!)).toMatchObject({ states: null, stateBytes: 0 });
    expect([...keysRead(store.get(first!), { layer: 0, head: 0, query: 3 })]).toEqual([
      ...keysRead(one, { layer: 0, head: 0, query: 3 }),
    ]);
    expect(store.get(second!).states).toBeNull();
    expect(store.get(third!).states).toBe(states);
  });

  it('is held once for heads that share it', async () => {
    const shared = lists([0, 2], [1, 4]);
    const trace = await traceOf(shared, [...shared], lists([0, 2], [1, 3]));
    expect(trace.bytes).toBe(2 * 2);
    expect(trace.layers[0]![1]).toBe(trace.layers[0]![0]);
    expect([...keysRead(trace, { layer: 0, head: 1, query: 4 })]).toEqual([1, 4]);
  });

  it('takes a bit a key: 1,024 tokens, 256 rows and 48 heads are 1.5 MiB', async () => {
    const [tokens, rows] = [1024, 256];
    const builder = new TraceBuilder({ ...about, tokens, firstRow: tokens - rows });
    for (let layer = 0; layer < 6; layer++) {
      const reads = Array.from({ length: 8 }, () =>
        Array.from({ length: rows }, (_, row) => Int32Array.from({ length: 256 }, (_key, at) => 3 * at + (row % 2))),
      );
      await builder.add(layer, reads, breathe);
    }
    expect(builder.build(null)!.bytes).toBe(1.5 * 2 ** 20);
  });

  it('lets others in between the heads, and ends where it is cancelled', async () => {
    const builder = new TraceBuilder(about);
    let heads = 0;
    const cancelled = () => (++heads === 2 ? Promise.reject(new CancelledError()) : Promise.resolve());
    const added = builder.add(0, [lists([0]), lists([1]), lists([2])], cancelled);
    await expect(added).rejects.toThrow(CancelledError);
    expect(heads).toBe(2);
  });

  it('comes in portions of rows, and is shared by heads that share all of them', async () => {
    const rows = lists([0, 1], [], [0, 2, 3], [0, 1, 2, 3, 4]);
    const others = [...rows.slice(0, 3), Int32Array.of(4)];
    const [whole, parts] = [new TraceBuilder(about), new TraceBuilder(about)];
    const heads = [rows, rows, others];
    await whole.add(0, heads, breathe);
    for (const [start, end] of [[0, 1], [1, 3], [3, 4]]) await parts.add(0, heads.map((own) => own.slice(start, end)), breathe); // prettier-ignore
    const [one, joined] = [whole.build(null)!, parts.build(null)!];
    expect(joined.rows).toBe(4);
    expect(joined.layers[0]![1]).toBe(joined.layers[0]![0]);
    expect(joined.layers[0]![2]).not.toBe(joined.layers[0]![0]);
    for (const [head, reads] of one.layers[0]!.entries()) {
      const own = joined.layers[0]![head]!;
      for (let row = 0; row < 4; row++) {
        expect(own.keys(row)).toEqual(reads.keys(row));
        expect(own.count(row)).toBe(reads.count(row));
        expect(own.bits(row, new Uint8Array(1))).toEqual(reads.bits(row, new Uint8Array(1)));
        for (let key = 0; key < 5; key++) expect(own.has(row, key)).toBe(reads.has(row, key));
      }
    }
    expect([...(await overlapOf(one, joined, breathe))]).toEqual([1, 1, 1]);
  });

  it('is given up where it is too large, and its states before it', async () => {
    const builder = new TraceBuilder({ ...about, tokens: 2 ** 20 });
    const scattered = Int32Array.from({ length: 2 ** 17 }, (_, at) => 8 * at);
    await builder.add(0, [[scattered]], breathe);
    const { bytes } = builder.build(null)!;
    expect(bytes).toBe(2 ** 17);
    const states = () => ({}) as never;
    expect(builder.build(states, 2 ** 28 - bytes)).toMatchObject({ states, stateBytes: 2 ** 28 - bytes });
    expect(builder.build(states, 2 ** 28)).toMatchObject({ states: null, stateBytes: 0, bytes });
    const rows = Array.from({ length: 2048 }, () => scattered);
    await builder.add(1, [rows], breathe);
    expect(builder.build(null)).toBeNull();
  });
});
