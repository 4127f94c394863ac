/** Costs of choosing, against the formulas of the papers and of their code, in units of the dense cache. */
import { describe, expect, it } from 'vitest';
import type { MethodParameters } from '../../shared/model/method.ts';
import { findMethod } from './index.ts';

const [layers, heads, kvHeads, headDim, bytes] = [32, 32, 8, 128, 2];
const [promptLength, tokens, budget, read] = [8192, 16_384, 1024, 1000];
/** Keys and values of all tokens. */
const cache = 2 * layers * kvHeads * tokens * headDim * bytes;
const costsOf = (method: string, parameters: MethodParameters = {}) =>
  findMethod(method).costs({ layers, heads, kvHeads, headDim, promptLength, tokens, read, budget, bytes }, parameters);

describe('costs of choosing', () => {
  it('are two vectors a page for Quest, read in the layers that choose, with two products for each', () => {
    const { storedBytes, stepBytes, stepFlops } = costsOf('quest', { page: 16, 'dense-layers': 2 });
    expect(storedBytes / cache).toBe(1 / 16);
    expect(stepBytes! / cache).toBe(30 / 32 / 16);
    expect(stepFlops).toBe(4 * 30 * heads * (tokens / 16) * headDim);
  });

  it('are every key for the exact choice', () => {
    const { storedBytes, stepBytes, stepFlops } = costsOf('topk');
    expect([storedBytes, stepBytes! / cache]).toEqual([0, 1 / 2]);
    expect(stepFlops).toBe(2 * layers * heads * tokens * headDim);
  });

  it('are a second cache for Recycled Attention, and positions of keys for TidalDecode', () => {
    expect(costsOf('recycled').storedBytes / cache).toBe(budget / tokens);
    expect(costsOf('tidal').storedBytes).toBe(4 * heads * budget);
  });

  it('are centroids and labels for Squeezed Attention', () => {
    const { storedBytes, stepBytes, stepFlops } = costsOf('squeezed', { observed: 192, clusters: 0.05 });
    expect(stepBytes).toBe(layers * kvHeads * 400 * headDim * bytes);
    expect(storedBytes - stepBytes!).toBe(4 * layers * kvHeads * 8000);
    expect(stepFlops).toBe(2 * layers * heads * 400 * headDim);
  });

  it('are a key and a value for each compressed group of RazorAttention', () => {
    const { storedBytes, stepBytes, stepFlops } = costsOf('razor', { induction: 0.25, compensation: 1 });
    expect([storedBytes, stepBytes]).toEqual(Array.from({ length: 2 }, () => 2 * 24 * kvHeads * headDim * bytes));
    expect(stepFlops).toBe(2 * 24 * heads * headDim);
    expect(costsOf('razor', { induction: 0.25, compensation: 0 })).toMatchObject({ storedBytes: 0, stepFlops: 0 });
  });

  it('are sums of attention for H2O and TOVA, and rows of the prompt', () => {
    const row = 2 * layers * heads * promptLength * headDim;
    const sums = 4 * layers * heads * read;
    expect(costsOf('h2o')).toEqual({
      stepFlops: layers * heads * read,
      stepBytes: sums,
      storedBytes: sums,
      onceFlops: promptLength * row,
    });
    expect(costsOf('tova')).toMatchObject({ stepFlops: layers * heads * read, storedBytes: 0, onceFlops: row });
    for (const method of ['snapkv', 'pyramid', 'ada']) {
      expect(costsOf(method, { window: 64 })).toMatchObject({ stepFlops: 0, storedBytes: 0, onceFlops: 64 * row });
    }
  });
});
