import { describe, expect, it } from 'vitest';
import { createRng } from '../testing/rng.ts';
import { eachRowBlock, readsOfMask, seenUnder } from './mask-reads.ts';
import type { PromptMask } from './method.ts';

const TOKENS = 137;
const rng = createRng(3);
const some = (length: number) => Uint8Array.from({ length }, () => (rng.uniform() < 0.4 ? 1 : 0));
const lists = Array.from({ length: TOKENS }, (_, query) =>
  Int32Array.from(some(query + 1).keys()).filter(() => rng.uniform() < 0.3),
);
const MASKS: readonly PromptMask[] = [
  { kind: 'sink-window', sink: 2, window: 5 },
  { kind: 'kept-keys', from: 20, keys: Int32Array.of(1, 4, 17) },
  { kind: 'blocks', size: 8, kept: some(18 ** 2) },
  { kind: 'rule', keysAt: (query) => lists[query]! },
];

describe('what a mask lets rows read', () => {
  it.each(MASKS.map((mask) => [mask.kind, mask] as const))('%s: is what the mask shows, within a window', (_, mask) => {
    for (const window of [null, 9]) {
      for (const [start, end] of [
        [0, TOKENS],
        [3, 5],
        [13, 29],
        [TOKENS - 1, TOKENS],
      ] as const) {
        const reads = readsOfMask(mask, { tokens: TOKENS, window }, { start, end });
        expect(reads).toHaveLength(end - start);
        reads.forEach((keys, row) => {
          const query = start + row;
          const seen = seenUnder(mask, TOKENS, query);
          expect(seen).toHaveLength(query + 1);
          const from = window === null ? 0 : Math.max(0, query - window + 1);
          expect([...keys]).toEqual([...seen.keys()].filter((key) => seen[key] === 1 && key >= from));
        });
      }
    }
  });

  it('is told of a rule as it is', () => {
    const rule = { kind: 'rule', keysAt: () => Int32Array.of(0, 3) } as const;
    expect([...seenUnder(rule, 9, 4)]).toEqual([1, 0, 0, 1, 0]);
  });

  it('comes in blocks of rows, one after the other, none of which has more keys than it may', async () => {
    const breathe = () => Promise.resolve();
    for (const most of [1, 4 * 100 ** 2, Infinity]) {
      const all = MASKS.map((): number[][] => []);
      const counts: number[] = [];
      const take = (first: number, reads: readonly (readonly Int32Array[])[]) => {
        expect(first).toBe(all[0]!.length);
        counts.push(reads.flat().reduce((sum, { length }) => sum + length, 0));
        reads.forEach((rows, head) => all[head]!.push(...rows.map((keys) => [...keys])));
        return Promise.resolve();
      };
      await eachRowBlock(MASKS, { tokens: TOKENS, window: null }, take, breathe, most);
      const whole = MASKS.map((mask) => readsOfMask(mask, { tokens: TOKENS, window: null }, { start: 0, end: TOKENS }));
      expect(all).toEqual(whole.map((rows) => rows.map((keys) => [...keys])));
      expect(counts).toHaveLength(most === Infinity ? 1 : most === 1 ? 3 : 2);
      expect(Math.max(...counts)).toBeLessThanOrEqual(Math.max(most, 4 * 48 * TOKENS));
    }
  });

  it('is made for a block when those before have been looked at', async () => {
    let [alive, most, blocks] = [0, 0, 0];
    const counted: readonly PromptMask[] = [1, 2].map(() => ({
      kind: 'rule',
      keysAt: (query) => {
        alive += lists[query]!.length;
        return lists[query]!;
      },
    }));
    const take = async () => {
      blocks++;
      most = Math.max(most, alive);
      await Promise.resolve();
      alive = 0;
    };
    await eachRowBlock(counted, { tokens: TOKENS, window: null }, take, () => Promise.resolve(), 2 * 48 * 96);
    const all = lists.reduce((sum, { length }) => sum + 2 * length, 0);
    expect(blocks).toBe(3);
    expect(most).toBeLessThan(0.6 * all);
    expect(most).toBeLessThanOrEqual(2 * 48 * TOKENS);
  });
});
