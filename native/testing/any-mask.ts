/** Random masks of every kind, made before the number of tokens is known. */
import fc from 'fast-check';
import type { MaskSpec } from '../attention/mask.ts';

const MOST = 1024;
const keys = fc.uniqueArray(fc.nat(MOST - 1), { minLength: 0, maxLength: 60 });
const seed = fc.integer({ min: 1, max: 1e6 });

export interface Drawn {
  readonly kind: MaskSpec['kind'];
  readonly keys: readonly number[];
  readonly a: number;
  readonly b: number;
  readonly seed: number;
}

export const anyMask: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('sink-window', 'kept-keys', 'blocks', 'row-keys'),
  keys,
  a: fc.constantFrom(0, 1, 4, 40, 400),
  b: fc.constantFrom(1, 2, 16, 64, 400),
  seed,
});

/** The mask that was drawn, for so many tokens and rows. */
export function cutMask({ kind, keys: drawn, a, b, seed: start }: Drawn, tokens: number, rows: number): MaskSpec {
  let state = start >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  switch (kind) {
    case 'sink-window':
      return { kind, sink: a, window: b };
    case 'kept-keys':
      return { kind, from: Math.min(a, tokens), keys: Int32Array.from(drawn.filter((key) => key < a)) };
    case 'blocks':
      return {
        kind,
        size: b,
        kept: Uint8Array.from({ length: Math.ceil(tokens / b) ** 2 }, () => (random() < 0.6 ? 1 : 0)),
      };
    case 'row-keys': {
      const lists = Array.from({ length: rows }, () => {
        const count = Math.floor(random() * 6);
        return [...new Set(Array.from({ length: count }, () => Math.floor(random() * tokens)))];
      });
      const offsets = new Int32Array(rows + 1);
      lists.forEach((list, row) => (offsets[row + 1] = offsets[row]! + list.length));
      return { kind, offsets, keys: Int32Array.from(lists.flat()) };
    }
  }
}
