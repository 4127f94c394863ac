import { describe, expect, it } from 'vitest';
import { visibleUnder, type MaskSpec } from '../attention/mask.ts';
import { createRng } from '../testing/rng.ts';
import { readsOfMask } from './mask-reads.ts';

const TOKENS = 37;
const rng = createRng(3);
const some = (length: number) => Uint8Array.from({ length }, () => (rng.uniform() < 0.4 ? 1 : 0));
const lists = Array.from({ length: TOKENS }, () => [...some(TOKENS).keys()].filter(() => rng.uniform() < 0.3));
const MASKS: readonly MaskSpec[] = [
  { kind: 'sink-window', sink: 2, window: 5 },
  { kind: 'kept-keys', from: 20, keys: Int32Array.of(1, 4, 17) },
  { kind: 'blocks', size: 8, kept: some(25) },
  {
    kind: 'row-keys',
    offsets: Int32Array.from([0, ...lists.map((_list, at) => lists.slice(0, at + 1).flat().length)]),
    keys: Int32Array.from(lists.flat()),
  },
];

describe('what a mask lets rows read', () => {
  it.each(MASKS.map((mask) => [mask.kind, mask] as const))('%s: is what the mask shows, within a window', (_, mask) => {
    for (const window of [null, 9]) {
      const reads = readsOfMask(mask, { tokens: TOKENS, window });
      expect(reads).toHaveLength(TOKENS);
      reads.forEach((keys, query) => {
        const visible = visibleUnder(mask, TOKENS, query, query);
        const from = window === null ? 0 : Math.max(0, query - window + 1);
        expect([...keys]).toEqual([...visible.keys()].filter((key) => visible[key] === 1 && key >= from));
      });
    }
  });
});
