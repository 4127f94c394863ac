/** What holds of every choice of keys, in float64: masks renormalise, and nothing has more mass than the largest weights. */
import { describe, expect, it } from 'vitest';
import { PLAIN } from '../attention/kernel.ts';
import { referenceAttention } from '../testing/reference-attention.ts';
import { methods } from './index.ts';
import { rowKeys } from './list-masks.ts';
import { readsOfMask } from './mask-reads.ts';
import type { LayerData, Method } from './method.ts';
import { contextOf, isChanging } from './select-layer.ts';
import { attentionLayer, randomLayer, selectAll, type Selected } from './testing/layers.ts';
import { topk } from './topk.ts';

const TOKENS = 48;
const PROMPT = 32;
const BUDGET = { keys: 9 };
const layers = [1, 2, 3].map((seed) => randomLayer(seed, { tokens: TOKENS, window: seed === 3 ? 30 : null }));

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
const weighed = (weights: readonly number[], v: (key: number) => number): number =>
  sum(weights.map((weight, key) => weight * v(key)));

/** Lists of the rows from `first` on, by layer and head. */
async function listsOf(method: Method): Promise<{ readonly first: number; readonly lists: Int32Array[][][] }> {
  if (method.info.phases.includes('decode')) {
    const { reads } = await selectAll(method, layers, { promptLength: PROMPT, budget: BUDGET });
    const ofHead = (rows: readonly (readonly (readonly number[])[])[], head: number) =>
      rows.map((heads) => Int32Array.from(heads[head]!));
    return { first: PROMPT, lists: reads.map((rows) => [0, 1, 2, 3].map((head) => ofHead(rows, head))) };
  }
  const request = { layers: layers.length, promptLength: TOKENS, budget: null, breathe: () => Promise.resolve() };
  const context = contextOf(method, { ...request, parameters: PREFILL[method.info.id]! });
  const lists: Int32Array[][][] = [];
  for (const [layer, data] of layers.entries()) {
    lists.push(
      (await method.prefill!(data, layer, context)).map((mask) => [
        ...readsOfMask(mask, data, { start: 0, end: TOKENS }),
      ]),
    );
  }
  return { first: 0, lists };
}

/** Sparse at this length. */
const PREFILL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'vertical-slash': { columns: 4, diagonals: 5, probe: 6 },
  flexprefill: { block: 4, least: 4, gamma: 0.5 },
  seer: { block: 4, share: 0.3 },
};

/** Attention of the rows from `first` on: by head and row, and outputs by head, row and dimension. */
function attention(data: LayerData, first: number, lists: readonly (readonly Int32Array[])[] | null) {
  const { heads, headDim } = data;
  const rows = TOKENS - first;
  const q = data.q.subarray(first * heads * headDim);
  const masks = lists && lists.map((rows) => rowKeys(rows));
  const { p, z } = referenceAttention(data, { ...PLAIN, ...data, q, queryStart: first, masks });
  return {
    p: (head: number, row: number) => [...p.subarray((head * rows + row) * TOKENS, (head * rows + row + 1) * TOKENS)],
    z: (head: number, row: number, d: number) => z[(row * heads + head) * headDim + d]!,
  };
}

// Lists say all of what is read; where keys or values are changed on top, they are still lists.
describe.each(methods.map((method) => [method.info.id, method] as const))('what %s reads', (_id, method) => {
  it('has the mass, the divergence and the output of a renormalised row, and no more than the best choice', async () => {
    const { first, lists } = await listsOf(method);
    let sparse = 0;
    layers.forEach((data, layer) => {
      const { heads, kvHeads, headDim, v } = data;
      const dense = attention(data, first, null);
      const masked = attention(data, first, lists[layer]!);
      for (let head = 0; head < heads; head++) {
        for (let row = 0; row < TOKENS - first; row++) {
          const keys = lists[layer]![head]![row]!;
          const whole = dense.p(head, row);
          const kept = masked.p(head, row);
          const mass = sum([...keys].map((key) => whole[key]!));
          const best = [...whole].sort((a, b) => b - a).slice(0, keys.length);
          expect(mass).toBeLessThanOrEqual(sum(best) + 1e-12);
          if (keys.length === 0) continue;
          expect(sum(whole.map((weight, key) => Math.abs(weight - kept[key]!)))).toBeCloseTo(2 * (1 - mass), 9);
          const divergence = sum([...keys].map((key) => kept[key]! * Math.log(kept[key]! / whole[key]!)));
          expect(divergence).toBeCloseTo(-Math.log(mass), 9);
          const lost = 1 - mass;
          if (lost < 1e-9) continue;
          sparse++;
          const dropped = whole.map((weight, key) => (keys.includes(key) ? 0 : weight / lost));
          const group = Math.floor(head / (heads / kvHeads));
          for (let d = 0; d < headDim; d++) {
            const value = (key: number) => v[(key * kvHeads + group) * headDim + d]!;
            const [own, all] = [masked.z(head, row, d), dense.z(head, row, d)];
            expect(own - all).toBeCloseTo((lost / mass) * (all - weighed(dropped, value)), 6);
            expect(own - all).toBeCloseTo(lost * (weighed(kept, value) - weighed(dropped, value)), 6);
          }
        }
      }
    });
    const context = contextOf(method, {
      layers: layers.length,
      promptLength: PROMPT,
      budget: BUDGET,
      breathe: () => Promise.resolve(),
    });
    // Those that read everything have their effect elsewhere.
    const readsAll = method.info.id === 'dense' || (isChanging(method, context) && !method.info.evicts);
    if (readsAll) expect(sparse).toBe(0);
    else expect(sparse).toBeGreaterThan(50);
  });
});

describe('masks of one row', () => {
  it('have the masses and outputs of the worked example', () => {
    // Attention in proportion to 4, 1, 2, 1 over values 1, 0, 2, 4.
    const row = Math.log;
    const scores = [4, 1, 2, 1].map(row);
    const rows = [1, 2, 3, 4].map((length) => {
      const weights = scores.slice(0, length).map(Math.exp);
      return weights.map((weight) => weight / sum(weights));
    });
    const data = { ...attentionLayer([rows]), v: Float32Array.from({ length: 16 }, (_, at) => [1, 0, 2, 4][at >> 2]!) };
    const lists = [[0], [0, 1], [0, 2], [0, 3]].map((keys) => Int32Array.from(keys));
    const at = (of: { z: Float64Array }, query: number) => of.z[query * 4]!;
    const dense = referenceAttention(data, { ...PLAIN, ...data });
    const masked = referenceAttention(data, { ...PLAIN, ...data, masks: [rowKeys(lists)] });
    const recall = lists.map((keys, query) => sum([...keys].map((key) => dense.p[query * 4 + key]!)));
    const rounded = (values: readonly number[]) => values.map((value) => Math.round(value * 1e4) / 1e4);
    expect(rounded(recall)).toEqual([1, 1, 0.8571, 0.625]);
    expect(rounded([0, 1, 2, 3].map((query) => at(dense, query)))).toEqual([1, 0.8, 1.1429, 1.5]);
    expect(rounded([0, 1, 2, 3].map((query) => at(masked, query)))).toEqual([1, 0.8, 1.3333, 1.6]);
  });

  it('leave one key out as the odds of its weight say', () => {
    const data = randomLayer(5, { heads: 1, kvHeads: 1, tokens: 6 });
    const all = [0, 1, 2, 3, 4, 5];
    const dense = referenceAttention(data, { ...PLAIN, ...data });
    for (const left of all) {
      const keys = Int32Array.from(all.filter((key) => key !== left));
      const q = data.q.subarray(5 * 8);
      const without = referenceAttention(data, { ...PLAIN, ...data, q, queryStart: 5, masks: [rowKeys([keys])] });
      const weight = dense.p[5 * 6 + left]!;
      for (let d = 0; d < 8; d++) {
        const output = dense.z[5 * 8 + d]!;
        const expected = (weight / (1 - weight)) * (output - data.v[left * 8 + d]!);
        expect(without.z[d]! - output).toBeCloseTo(expected, 9);
      }
    }
  });
});

describe('exact top-k', () => {
  it('has no less mass with more keys, in any row', async () => {
    const budgets = [1, 2, 3, 5, 8, 13, 21, 34, TOKENS];
    const all: Selected[] = [];
    for (const keys of budgets) {
      all.push(await selectAll(topk, layers, { promptLength: PROMPT, budget: { keys } }));
    }
    layers.forEach((data, layer) => {
      const { p } = attention(data, PROMPT, null);
      for (let head = 0; head < data.heads; head++) {
        for (let row = 0; row < TOKENS - PROMPT; row++) {
          const whole = p(head, row);
          const masses = all.map(({ reads }) => sum(reads[layer]![row]![head]!.map((key) => whole[key]!)));
          for (let at = 1; at < masses.length; at++) expect(masses[at]).toBeGreaterThanOrEqual(masses[at - 1]! - 1e-12);
          expect(masses.at(-1)).toBeCloseTo(1, 9);
        }
      }
    });
  });
});
