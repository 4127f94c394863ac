import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, packedFloat64, packedInt32, packedLength, packedNumber, unpack } from './packed.ts';

describe('results as JSON', () => {
  it('come back bit for bit, whatever the numbers', () => {
    const numbers = fc.array(fc.double(), { maxLength: 20 });
    const made = fc.record({
      doubles: numbers.map((values) => Float64Array.from(values)),
      floats: numbers.map((values) => Float32Array.from(values)),
      whole: fc.array(fc.integer(), { maxLength: 20 }).map((values) => Int32Array.from(values)),
      single: fc.double(),
      rows: fc.array(fc.record({ text: fc.string(), flag: fc.boolean(), none: fc.constant(null) })),
    });
    fc.assert(
      fc.property(made, (value) => {
        expect(unpack(JSON.parse(JSON.stringify(pack(value))) as ReturnType<typeof pack<typeof value>>)).toEqual(value);
      }),
    );
  });

  it('keep texts that look like numbers apart from numbers', () => {
    expect(unpack(pack({ token: 'NaN', value: NaN }))).toEqual({ token: 'NaN', value: NaN });
  });

  it('are checked: length, letters and the names of numbers', () => {
    const packed = pack(Float64Array.of(1, NaN, -Infinity));
    expect(packedLength(packed)).toBe(3);
    expect(packedLength(pack(Int32Array.of(7)))).toBe(1);
    expect(packedFloat64.safeParse(packed).success).toBe(true);
    expect(packedFloat64.safeParse({ f64: `${packed.f64}AAAA` }).success).toBe(false);
    expect(packedFloat64.safeParse({ f64: '<>' }).success).toBe(false);
    expect(packedInt32.safeParse(packed).success).toBe(false);
    expect(packedNumber.safeParse({ number: 'one' }).success).toBe(false);
    expect(packedNumber.safeParse({ number: 'NaN' }).success).toBe(true);
  });
});
