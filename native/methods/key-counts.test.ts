import { describe, expect, it } from 'vitest';
import { DENSITY_TILE } from '../../shared/model/method-result.ts';
import { createPrng } from '../../shared/base/prng.ts';
import { KeyCounter, type LayerReads } from './key-counts.ts';
import { groupOf, type LayerData } from './method.ts';

const [HEADS, KV_HEADS, TOKENS] = [4, 2, 3 * DENSITY_TILE + 20];
const data: LayerData = {
  ...{ heads: HEADS, kvHeads: KV_HEADS, headDim: 1, tokens: TOKENS, scale: 1, window: null },
  q: new Float32Array(TOKENS * HEADS),
  k: new Float32Array(TOKENS * KV_HEADS),
  v: new Float32Array(TOKENS * KV_HEADS),
};
const go = () => Promise.resolve();

/** Key by key. */
function counted(first: number, reads: LayerReads) {
  const seen = Array.from({ length: KV_HEADS }, () => new Set<number>());
  let [cells, tiles, emptyRows] = [0, 0, 0];
  for (const [head, rows] of reads.entries()) {
    const touched = new Set<string>();
    for (const [at, keys] of rows.entries()) {
      if (keys.length === 0) emptyRows++;
      for (const key of keys) {
        seen[groupOf(data, head)]!.add(key);
        touched.add(`${Math.floor((first + at) / DENSITY_TILE)} ${Math.floor(key / DENSITY_TILE)}`);
      }
    }
    tiles += touched.size;
    for (let query = first; query < TOKENS; query++) {
      for (let key = 0; key <= query; key++) {
        cells += touched.has(`${Math.floor(query / DENSITY_TILE)} ${Math.floor(key / DENSITY_TILE)}`) ? 1 : 0;
      }
    }
  }
  return { needed: seen.reduce((sum, { size }) => sum + size, 0), cells, tiles, emptyRows };
}

async function expectCounted(first: number, reads: LayerReads): Promise<void> {
  const whole = new KeyCounter(data, first, false);
  await whole.add(reads, go);
  const { needed, computed, blocks, emptyRows } = whole.counts();
  const found = { needed, cells: computed.count, tiles: blocks.count, emptyRows };
  expect(found).toEqual(counted(first, reads));
  // In portions that tiles are cut by.
  for (const size of [1, 48, DENSITY_TILE]) {
    const parts = new KeyCounter(data, first, false);
    for (let row = 0; row < TOKENS - first; row += size) {
      await parts.add(
        reads.map((rows) => rows.slice(row, row + size)),
        go,
      );
    }
    expect(parts.counts()).toEqual(whole.counts());
  }
}

describe('keys that are counted', () => {
  it('counts lists that are parts of one another, of rows in one tile and in several', async () => {
    // Every row reads the beginning of one list that leaves keys out.
    const list = Int32Array.from({ length: TOKENS }, (_, key) => key).filter((key) => key % 5 !== 3);
    const first = DENSITY_TILE - 3;
    const rows = Array.from({ length: TOKENS - first }, (_, at) =>
      list.subarray(
        0,
        list.findIndex((key) => key > Math.min(first + at, 2 * DENSITY_TILE + (at >> 3))),
      ),
    );
    await expectCounted(
      first,
      Array.from({ length: HEADS }, () => rows),
    );
    const same = Array.from({ length: TOKENS - first }, () => rows[0]!);
    await expectCounted(first, [same, rows, rows, same]);
  });

  it('counts ranges, nothing, and any keys', async () => {
    const prng = createPrng(3);
    const first = 40;
    const reads = Array.from({ length: HEADS }, () =>
      Array.from({ length: TOKENS - first }, (_, at) => {
        const all = Int32Array.from({ length: first + at + 1 }, (_none, key) => key);
        const kind = prng.integer(4);
        if (kind === 0) return all.subarray(0, 0);
        if (kind === 1) return all.subarray(prng.integer(all.length));
        return all.filter(() => prng.next() < (kind === 2 ? 0.02 : 0.7));
      }),
    );
    await expectCounted(first, reads);
  });
});
