import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenView } from '../../model/token-view.ts';
import { pairColumns } from './pair-columns.ts';

const tokens = (ids: readonly number[]): TokenView[] =>
  ids.map((id) => ({ id, display: String(id), text: String(id), start: 0, end: 1, special: false }));

describe('two prompts as columns', () => {
  it('tell what differs and what has no partner, in order', () => {
    const pair = { clean: tokens([1, 2, 3, 4]), corrupted: tokens([1, 9, 5, 4]), partners: Int32Array.of(0, 1, -1, 3) };
    const { columns, differing, missing } = pairColumns(pair, 100);
    expect(columns.map(({ kind }) => kind)).toEqual(['same', 'different', 'clean', 'corrupted', 'same']);
    expect([differing, missing]).toEqual([1, 2]);
  });

  it('hold every token of both once, whatever the alignment', () => {
    const made = fc
      .uniqueArray(fc.nat(19))
      .chain((at) =>
        fc.uniqueArray(fc.nat(24), { minLength: at.length, maxLength: at.length }).map((to) => [at, to] as const),
      );
    fc.assert(
      fc.property(made, ([at, to]) => {
        const partners = new Int32Array(20).fill(-1);
        const ordered = to.toSorted((a, b) => a - b);
        for (const [index, from] of at.toSorted((a, b) => a - b).entries()) partners[from] = ordered[index]!;
        const range = (length: number) => Array.from({ length }, (_, index) => index);
        const pair = { clean: tokens(range(20)), corrupted: tokens(range(25)), partners };
        const { columns, missing } = pairColumns(pair, 1000);
        const found = (side: 'clean' | 'corrupted') =>
          columns.flatMap((column) => (column.kind === 'gap' ? [] : [column[side]])).filter((one) => one !== undefined);
        expect(found('clean')).toEqual(range(20));
        expect(found('corrupted')).toEqual(range(25));
        expect(missing).toBe(20 + 25 - 2 * at.length);
      }),
    );
  });

  it('leave out long runs of equal tokens, and say how many', () => {
    const ids = Array.from({ length: 300 }, (_, index) => index);
    const pair = {
      clean: tokens(ids),
      corrupted: tokens(ids.map((id) => (id === 150 ? -1 : id))),
      partners: Int32Array.from(ids),
    };
    const { columns } = pairColumns(pair, 100);
    const shown = columns.reduce((sum, column) => sum + (column.kind === 'gap' ? column.count : 1), 0);
    expect(shown).toBe(300);
    expect(columns.length).toBeLessThan(40);
    expect(columns.filter(({ kind }) => kind === 'different')).toHaveLength(1);
  });
});
