import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFloat32, decodeFloat64, encodeFloat32, encodeFloat64, exactValues } from './exact-values.ts';

const bitsOf = (values: Float64Array | Float32Array) => [...new Uint8Array(values.buffer)];

describe('numbers as text', () => {
  it('come back bit for bit, with NaN, infinities and -0', () => {
    fc.assert(
      fc.property(fc.float64Array({ maxLength: 50 }), fc.float32Array({ maxLength: 50 }), (doubles, floats) => {
        const text = encodeFloat64(doubles);
        expect(exactValues.parse(text)).toBe(text);
        expect(bitsOf(decodeFloat64(text, doubles.length)!)).toEqual(bitsOf(doubles));
        expect(bitsOf(decodeFloat32(encodeFloat32(floats), floats.length)!)).toEqual(bitsOf(floats));
      }),
    );
    const odd = Float64Array.of(NaN, -0, Infinity, -Infinity, 5e-324, 0.1);
    expect(bitsOf(decodeFloat64(encodeFloat64(odd), 6)!)).toEqual(bitsOf(odd));
  });

  it('are little-endian: 1 is AAAAAAAA8D8=', () => {
    expect(encodeFloat64(Float64Array.of(1))).toBe('AAAAAAAA8D8=');
    expect(encodeFloat32(Float32Array.of(1))).toBe('AACAPw==');
  });

  it('are not read where there are more or fewer, or something else', () => {
    const text = encodeFloat64(Float64Array.of(1, 2, 3));
    expect([2, 4].map((count) => decodeFloat64(text, count))).toEqual([undefined, undefined]);
    expect(decodeFloat64(text.replace('A', '*'), 3)).toBeUndefined();
    expect(decodeFloat32(text, 3)).toBeUndefined();
    expect(decodeFloat64('', 0)).toHaveLength(0);
  });
});
