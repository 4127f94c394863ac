import { describe, expect, it } from 'vitest';
import type { AttentionKernel } from '../attention/kernel.ts';
import { denseMemory, type KnownRows } from './dense-memory.ts';

const known = (numbers: number): KnownRows => {
  const none = new Float32Array(0);
  const dense = { z: none, lse: none, rest: none, weighted: none };
  return {
    facts: {
      weights: new Float32Array(numbers),
      dense,
      norms: { head: none, written: { heads: none, layer: none } },
    },
    oracle: { rows: [], bytes: 0, mass: () => 0 },
  };
};

describe('what methods of a run have in common', () => {
  it('is there for the last run of a model alone', () => {
    // Nothing of a kernel is used but who it is.
    const [kernel, another] = [{}, {}] as [AttentionKernel, AttentionKernel];
    const [run, later] = [{}, {}];
    const own = known(4);
    denseMemory(kernel, run).keep('0 3 5', own);
    expect(denseMemory(kernel, run).get('0 3 5')).toBe(own);
    expect(denseMemory(kernel, run).get('1 3 5')).toBeUndefined();
    expect(denseMemory(another, run).get('0 3 5')).toBeUndefined();
    expect(denseMemory(kernel, later).get('0 3 5')).toBeUndefined();
    expect(denseMemory(kernel, run).get('0 3 5')).toBeUndefined();
  });

  it('is not kept where it is large', () => {
    const memory = denseMemory({} as AttentionKernel, {});
    memory.keep('small', known(2 ** 20));
    memory.keep('large', known(2 ** 24));
    memory.keep('more', known(2 ** 20));
    expect(['small', 'large', 'more'].map((rows) => memory.get(rows) !== undefined)).toEqual([true, false, true]);
  });

  it('has one order of keys for all who ask, while there is room', () => {
    const memory = denseMemory({} as AttentionKernel, {});
    const layer = (tokens: number) => ({ kvHeads: 2, headDim: 32, tokens, k: new Float32Array(tokens * 64) });
    const data = layer(40);
    const packed = memory.packed(0, data);
    expect(packed!.areOf(data.k)).toBe(true);
    packed!.count = 30;
    expect(memory.packed(0, data)).toBe(packed);
    // The same keys in other memory, as a run on disk gives them when it is asked again.
    const again = { ...data, k: data.k.slice() };
    expect(packed!.areOf(again.k)).toBe(false);
    expect(memory.packed(0, again)).toBe(packed);
    expect([packed!.areOf(again.k), packed!.areOf(data.k), packed!.count]).toEqual([true, false, 30]);
    expect(memory.packed(1, layer(2 ** 18))).toBeUndefined();
    expect(memory.packed(2, data)).toBeDefined();
  });

  it('has room for what is compared with, whatever keys there are', () => {
    const memory = denseMemory({} as AttentionKernel, {});
    const layer = { kvHeads: 2, headDim: 32, tokens: 2 ** 17 - 16, k: new Float32Array((2 ** 17 - 16) * 64) };
    expect(memory.packed(0, layer)).toBeDefined();
    memory.keep('facts', known(2 ** 24));
    expect(memory.get('facts')).toBeDefined();
  });
});
