import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillBits, packBits, packLists, rowBytes, type HeadReads } from './head-reads.ts';

/** Rows of keys below `tokens`: scattered, or runs. */
const cases = fc.integer({ min: 1, max: 90 }).chain((tokens) => {
  const key = fc.integer({ min: 0, max: tokens - 1 });
  const scattered = fc.uniqueArray(key);
  const run = fc.tuple(key, key).map(([a, b]) => range(Math.min(a, b), Math.max(a, b) + 1));
  const row = fc.oneof(scattered, run).map((keys) => Int32Array.from(keys).sort());
  return fc.record({ tokens: fc.constant(tokens), rows: fc.array(row, { minLength: 1, maxLength: 12 }) });
});
const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

function bitsOf(reads: HeadReads): Uint8Array {
  const width = rowBytes(reads.tokens);
  const all = new Uint8Array(reads.rows * width);
  for (let row = 0; row < reads.rows; row++) all.set(reads.bits(row, new Uint8Array(width)), row * width);
  return all;
}

describe('reads of a head', () => {
  it('tell every row in every form, packed from lists or from bits', () => {
    fc.assert(
      fc.property(cases, ({ tokens, rows }) => {
        const packed = packLists(rows, tokens);
        const bits = bitsOf(packed);
        const again = packBits(bits.slice(), rows.length, tokens);
        expect(again.bytes).toBe(packed.bytes);
        expect(bitsOf(again)).toEqual(bits);
        for (const reads of [packed, again]) {
          expect(reads.rows).toBe(rows.length);
          for (const [row, keys] of rows.entries()) {
            expect(reads.keys(row)).toEqual(keys);
            expect(reads.count(row)).toBe(keys.length);
            const asked = Array.from({ length: tokens }, (_, key) => key).filter((key) => reads.has(row, key));
            expect(asked).toEqual([...keys]);
          }
        }
      }),
    );
  });

  it('have the lowest bit first', () => {
    expect([...bitsOf(packLists([Int32Array.of(0, 3, 9)], 11))]).toEqual([0b1001, 0b10]);
  });

  it('take no more room than bits, and far less for windows', () => {
    const tokens = 8192;
    const window = Array.from({ length: 64 }, (_, row) => Int32Array.from([0, 1, ...range(4000 + row, 4256 + row)]));
    expect(packLists(window, tokens).bytes).toBe(4 * 65 + 64 * 2 * 4);
    const scattered = window.map((_, row) => Int32Array.from(range(0, 1000), (key) => 3 * key + (row % 3)));
    expect(packLists(scattered, tokens).bytes).toBe(64 * 1024);
  });

  it('hold keys of prompts that two bytes cannot count', () => {
    const keys = Int32Array.of(1, 65_535, 65_536, 99_999);
    expect(packLists([keys], 100_000).keys(0)).toEqual(keys);
  });

  it('fill bits from any place to any other', () => {
    const end = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(end, end, (a, b) => {
        const [start, stop] = [Math.min(a, b) - 1, Math.max(a, b)];
        const bits = new Uint8Array(5);
        fillBits(bits, start, stop);
        const set = range(0, 40).filter((key) => ((bits[key >> 3]! >> (key & 7)) & 1) === 1);
        expect(set).toEqual(range(start, stop));
      }),
    );
  });
});
