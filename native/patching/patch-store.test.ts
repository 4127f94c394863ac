import { describe, expect, it } from 'vitest';
import { PatchStore } from './patch-store.ts';

describe('PatchStore', () => {
  it('keeps what was begun', () => {
    const store = new PatchStore();
    const state = store.open('a', 2);
    state.results[0] = 7;
    store.open('b', 1);
    expect(store.open('a', 2)).toBe(state);
    store.clear();
    expect(store.open('a', 2).results).toEqual([undefined, undefined]);
  });

  it('lets the oldest go over its budget, never the newest', () => {
    const store = new PatchStore(100);
    const [first, second] = [store.open('a', 3), store.open('b', 3)];
    expect(store.open('a', 3)).toBe(first);
    store.open('c', 3);
    expect(store.open('a', 3)).toBe(first);
    expect(store.open('b', 3)).not.toBe(second);
    const large = store.open('d', 1000);
    expect(store.open('d', 1000)).toBe(large);
  });
});
