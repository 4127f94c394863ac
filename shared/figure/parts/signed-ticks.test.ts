import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signedTicks } from './signed-ticks.ts';

const textsOf = (limit: number) => signedTicks(limit).map(({ text }) => text);

describe('ticks about zero', () => {
  it('have the decimals that their step needs', () => {
    expect(textsOf(0.01)).toEqual(['+0.01', '0.00', '−0.01']);
    expect(textsOf(0.93)).toEqual(['+0.5', '0.0', '−0.5']);
    expect(textsOf(0.0123)).toEqual(['+0.01', '0.00', '−0.01']);
    expect(textsOf(0.024)).toEqual(['+0.02', '0.00', '−0.02']);
    expect(textsOf(12.5)).toEqual(['+10', '0', '−10']);
  });

  it('are three or five, within the limit, and say the numbers at which they stand', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), (limit) => {
        const ticks = signedTicks(limit);
        expect([3, 5]).toContain(ticks.length);
        for (const { value, text } of ticks) {
          expect(Math.abs(value)).toBeLessThanOrEqual(limit * (1 + 1e-6));
          expect(Number(text.replace('−', '-'))).toBeCloseTo(value, 9);
        }
      }),
    );
  });
});
