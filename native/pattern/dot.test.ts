import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dot } from './dot.ts';

it('sums the products from either place on, whatever their number', () => {
  const numbers = fc.float32Array({ minLength: 12, maxLength: 24, noNaN: true, min: -100, max: 100 });
  const place = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(numbers, numbers, place, place, fc.integer({ min: 0, max: 9 }), (q, k, qAt, kAt, count) => {
      let expected = 0;
      for (let i = 0; i < count; i++) expected += q[qAt + i]! * k[kAt + i]!;
      expect(dot(q, qAt, k, kAt, count)).toBeCloseTo(expected, 8);
    }),
  );
});
