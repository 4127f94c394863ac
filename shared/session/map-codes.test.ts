import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPrng } from '../base/prng.ts';
import {
  CODED_VALUES,
  codeError,
  codeValues,
  encodeTexels,
  isLogarithmic,
  largerDifference,
  MASKED_CODE,
  overviewLevel,
  type CodedValue,
  type CodeRange,
} from './map-codes.ts';

const ROUNDING = 1e-6;

function randomTexels(seed: number, value: CodedValue): Float32Array {
  const prng = createPrng(seed);
  const decades = prng.next() * 14;
  const top = 10 ** (prng.next() * 4 - 2);
  return Float32Array.from({ length: 1 + prng.integer(200) }, () => {
    const kind = prng.next();
    if (kind < 0.2) return NaN;
    if (kind < 0.3) return 0;
    if (!isLogarithmic(value)) return top * (prng.next() * 80 - 60);
    const sign = value === 'difference' && prng.next() < 0.5 ? -1 : 1;
    return sign * top * 10 ** (-decades * prng.next());
  });
}

/** Checks a decoded texel against the bound of the docstring. */
function within(decoded: number, texel: number, value: CodedValue, range: CodeRange): boolean {
  const [min, max] = range;
  const error = codeError(value, range);
  const slack = ROUNDING * Math.max(Math.abs(min), Math.abs(max));
  if (!isLogarithmic(value)) return Math.abs(decoded - texel) <= error + slack;
  const size = Math.abs(texel);
  return (
    Math.sign(decoded) === Math.sign(texel) &&
    Math.abs(decoded - texel) <= (error + ROUNDING) * size + (size < min ? min : 0)
  );
}

describe.each(CODED_VALUES)('codes of %s', (value) => {
  const eachMap = (check: (texels: Float32Array) => void) =>
    fc.assert(
      fc.property(fc.nat(), (seed) => check(randomTexels(seed, value))),
      { numRuns: 300 },
    );

  it('decode within the stated bound, masked to masked, zero to zero', () => {
    eachMap((texels) => {
      const { codes, range } = encodeTexels(texels, value);
      const values = codeValues(value, range);
      texels.forEach((texel, i) => {
        const decoded = values[codes[i]!]!;
        expect(codes[i] === MASKED_CODE).toBe(Number.isNaN(texel));
        if (Number.isNaN(texel)) expect(decoded).toBeNaN();
        else if (isLogarithmic(value) && texel === 0) expect(decoded).toBe(0);
        else expect(within(decoded, texel, value, range)).toBe(true);
      });
    });
  });

  it('rise with the values, and keep both ends exact', () => {
    eachMap((texels) => {
      const { codes, range } = encodeTexels(texels, value);
      const order = [...texels.keys()].filter((i) => codes[i] !== MASKED_CODE).sort((a, b) => texels[a]! - texels[b]!);
      for (let i = 1; i < order.length; i++) expect(codes[order[i]!]!).toBeGreaterThanOrEqual(codes[order[i - 1]!]!);
      const values = codeValues(value, range);
      if (order.length === 0) {
        expect(range).toEqual([NaN, NaN]);
        return;
      }
      // Under the scale's floor the smallest is not exact.
      for (const end of [order[0]!, order.at(-1)!]) {
        const size = isLogarithmic(value) ? Math.abs(texels[end]!) : texels[end]!;
        if (range.includes(size)) expect(values[codes[end]!]).toBe(texels[end]);
      }
      const sizes = order.map((i) => (isLogarithmic(value) ? Math.abs(texels[i]!) : texels[i]!));
      expect(Math.max(...sizes)).toBe(range[1]);
    });
  });

  it('come back from what they stand for', () => {
    eachMap((texels) => {
      const { codes, range } = encodeTexels(texels, value);
      const decoded = Float32Array.from(codes, (code) => codeValues(value, range)[code]!);
      const again = encodeTexels(decoded, value);
      const values = codeValues(value, again.range);
      decoded.forEach((texel, i) => expect(values[again.codes[i]!]).toBe(texel));
    });
  });
});

describe('the scale of differences', () => {
  it('has 0 in the middle, both signs alike, and a bound like the others', () => {
    const { codes, range } = encodeTexels(Float32Array.of(-0.5, -1e-9, 0, 1e-9, 0.5, NaN), 'difference');
    expect([...codes]).toEqual([1, 127, 128, 129, 255, 0]);
    expect(range).toEqual([Math.fround(5e-5), 0.5]);
    expect(codeError('difference', range)).toBeLessThan(0.038);
    expect(codeValues('difference', range)[1]).toBe(-0.5);
  });

  it('tells which of two is larger in magnitude', () => {
    expect(largerDifference(255, 2)).toBe(255);
    expect(largerDifference(128, 127)).toBe(127);
    expect(largerDifference(130, 100)).toBe(100);
    expect(largerDifference(255, 1)).toBe(255);
  });
});

it('overviews have single cells up to 2,048 tokens, and at most so many texels a side', () => {
  expect([1, 2048, 2049, 4096, 8192, 8193].map(overviewLevel)).toEqual([0, 0, 1, 1, 2, 3]);
});

describe('the logarithmic scale', () => {
  it('is never further off than 3.8%', () => {
    const { range } = encodeTexels(Float32Array.of(1, 1e-30), 'probability');
    expect(range).toEqual([Math.fround(1e-8), 1]);
    expect(codeError('probability', range)).toBeLessThan(0.038);
    expect(codeError('probability', [0.5, 1])).toBeLessThan(0.0014);
  });

  it('has its own code for exactly zero, also where nothing else is visible', () => {
    expect([...encodeTexels(Float32Array.of(NaN, 0, 1e-30, 1), 'probability').codes]).toEqual([0, 1, 2, 255]);
    const zeros = encodeTexels(Float32Array.of(0, NaN), 'lift');
    expect(zeros.range).toEqual([0, 0]);
    expect(codeValues('lift', zeros.range)[zeros.codes[0]!]).toBe(0);
    expect(codeError('lift', zeros.range)).toBe(0);
  });
});
