import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignInSteps, alignPositions } from './align.ts';
import { ALIGNMENTS } from './effect.ts';
import { matchLongest } from './longest-common.ts';

/** Letters as tokens. */
const ids = (text: string) => Int32Array.from(text, (letter) => letter.charCodeAt(0));
const aligned = (clean: string, other: string) => [...alignPositions(ids(clean), ids(other), 'tokens')];
/** Few different tokens: many ways to match. */
const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }).map((list) => Int32Array.from(list));
const partnersOf = (list: Int32Array) => [...list].filter((partner) => partner >= 0);

/** The table of lengths in full. */
function longestLength(a: Int32Array, b: Int32Array): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    const next = [0];
    for (const [j, other] of b.entries()) {
      next.push(token === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    }
    row = next;
  }
  return row.at(-1)!;
}

describe('alignPositions', () => {
  it('counts from the start or from the end', () => {
    expect([...alignPositions(ids('abcd'), ids('ab'), 'start')]).toEqual([0, 1, -1, -1]);
    expect([...alignPositions(ids('abcd'), ids('ab'), 'end')]).toEqual([-1, -1, 0, 1]);
    expect([...alignPositions(ids('ab'), ids('wxyz'), 'end')]).toEqual([2, 3]);
  });

  it('pairs tokens that were replaced in place', () => {
    // When John and Mary went, John gave -> when Mary and John went, Mary gave.
    expect(aligned('wJaMvJg', 'wMaJvMg')).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(aligned('abc', 'xyz')).toEqual([0, 1, 2]);
  });

  it('leaves out what was inserted or has no run of equal length beside it', () => {
    expect(aligned('abcd', 'abXXcd')).toEqual([0, 1, 4, 5]);
    expect(aligned('abXXcd', 'abcd')).toEqual([0, 1, -1, -1, 2, 3]);
    expect(aligned('abPcdQe', 'abXYcdZe')).toEqual([0, 1, -1, 4, 5, 6, 7]);
    expect(aligned('', 'abc')).toEqual([]);
    expect(aligned('abc', '')).toEqual([-1, -1, -1]);
  });

  it('prefers the match that is nearer to the diagonal', () => {
    expect(aligned('xAy', 'pAAq')).toEqual([0, 1, -1]);
    expect(aligned('xAAyz', 'pAqr')).toEqual([0, 1, -1, -1, -1]);
  });

  it('ascends, is the identity on itself, and the inverse the other way round', () => {
    fc.assert(
      fc.property(tokens, tokens, fc.constantFrom(...ALIGNMENTS), (clean, other, how) => {
        const partners = alignPositions(clean, other, how);
        const found = partnersOf(partners);
        expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
        expect(found.every((partner) => partner < other.length)).toBe(true);
        expect([...alignPositions(clean, clean, how)]).toEqual([...clean.keys()]);
        const back = alignPositions(other, clean, how);
        expect([...back]).toEqual([...other.keys()].map((at) => partners.indexOf(at)));
      }),
    );
  });

  it('matches as many equal tokens as there can be', () => {
    fc.assert(
      fc.property(tokens, tokens, (clean, other) => {
        const partners = alignPositions(clean, other, 'tokens');
        const equal = [...clean].filter((token, at) => other[partners[at]!] === token).length;
        expect(equal).toBe(longestLength(clean, other));
      }),
    );
  });

  it('stays in place where no other match has more equal tokens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), { maxLength: 30 }),
        (both) => {
          const [clean, other] = [0, 1].map((side) => Int32Array.from(both, (pair) => pair[side]!)) as [
            Int32Array,
            Int32Array,
          ];
          const inPlace = clean.filter((token, at) => token === other[at]).length;
          fc.pre(inPlace === longestLength(clean, other));
          expect([...alignPositions(clean, other, 'tokens')]).toEqual([...clean.keys()]);
        },
      ),
    );
  });

  it('takes long prompts of which little is equal, in steps', () => {
    const length = 6000;
    const clean = Int32Array.from({ length }, (_, i) => (i * 7919) % 5);
    const other = Int32Array.from({ length: length + 7 }, (_, i) => (i * i) % 7);
    const steps = alignInSteps(clean, other, 'tokens');
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count += 1;
    expect(count).toBeGreaterThan(4);
    const equal = [...step.value].filter((partner, at) => other[partner] === clean[at]).length;
    expect(equal).toBe(longestLength(clean, other));
  });
});

describe('matchLongest', () => {
  it('leaves what it does not match as it is', () => {
    const partners = new Int32Array(3).fill(-7);
    for (const step of matchLongest(ids('axb'), ids('ab'), partners)) expect(step).toBeUndefined();
    expect([...partners]).toEqual([0, -7, 1]);
  });
});
