import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from './half.ts';

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** The value of a 16-bit float by its definition. */
function valueOf(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (bits >>> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = bits & (2 ** mantissaBits - 1);
  if (exponent === 2 ** exponentBits - 1) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

const kinds = [
  { name: 'F16', widen: f16ToF32, narrow: f32ToF16, exponentBits: 5, mantissaBits: 10, infinity: 0x7c00 },
  { name: 'BF16', widen: bf16ToF32, narrow: f32ToBf16, exponentBits: 8, mantissaBits: 7, infinity: 0x7f80 },
];

describe.each(kinds)('$name', ({ widen, narrow, exponentBits, mantissaBits, infinity }) => {
  const values = widen(ALL);
  // Finite magnitudes in order, then infinity, which stands for the first value that no finite one reaches.
  const magnitudes = Float64Array.from({ length: infinity + 1 }, (_, i) =>
    i === infinity ? 2 ** (2 ** (exponentBits - 1)) : valueOf(i, exponentBits, mantissaBits),
  );

  it('widens every pattern exactly', () => {
    for (const bits of ALL) expect(Object.is(values[bits], valueOf(bits, exponentBits, mantissaBits))).toBe(true);
  });

  it('comes back to the same pattern from every value but signalling NaN, which becomes quiet', () => {
    const back = narrow(values);
    const quiet = 1 << (mantissaBits - 1);
    for (const bits of ALL) expect(back[bits]).toBe(Number.isNaN(values[bits]) ? bits | quiet : bits);
  });

  it('rounds exact halves to even and their neighbours to the nearer side', () => {
    const float = new Float32Array(1);
    const word = new Uint32Array(float.buffer);
    for (let low = 0; low < infinity; low++) {
      const middle = (magnitudes[low]! + magnitudes[low + 1]!) / 2;
      float[0] = middle;
      const exact = word[0]!;
      // Half of bfloat16's smallest subnormal is itself a float32, so every midpoint is.
      expect(float[0]).toBe(middle);
      const rounded = (bits: number): number => {
        word[0] = bits;
        return narrow(float)[0]!;
      };
      expect(rounded(exact)).toBe(low % 2 === 0 ? low : low + 1);
      expect(rounded(exact - 1)).toBe(low);
      expect(rounded(exact + 1)).toBe(low + 1);
      expect(rounded(exact | 0x80000000)).toBe(0x8000 | (low % 2 === 0 ? low : low + 1));
    }
  });

  it('takes the nearest value of any float32 pattern', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (pattern) => {
        const source = new Float32Array(Uint32Array.of(pattern).buffer);
        const bits = narrow(source)[0]!;
        const value = source[0]!;
        if (Number.isNaN(value)) return Number.isNaN(widen(Uint16Array.of(bits))[0]);
        if (bits >>> 15 !== pattern >>> 31) return false;
        const index = bits & 0x7fff;
        const size = Math.min(Math.abs(value), magnitudes[infinity]!);
        const distance = Math.abs(size - magnitudes[index]!);
        const other = (i: number): number => (i < 0 || i > infinity ? Infinity : Math.abs(size - magnitudes[i]!));
        return distance <= other(index - 1) && distance <= other(index + 1);
      }),
      { numRuns: 5000 },
    );
  });
});

it('refuses a target of another length', () => {
  expect(() => f16ToF32(new Uint16Array(3), new Float32Array(2))).toThrow(RangeError);
});
