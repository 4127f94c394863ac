import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPositions, drawPrompts } from './resample-draw.ts';

describe('drawPrompts', () => {
  it('draws only prompts that reach the position, the same ones for the same seed', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 30 }), fc.nat(), (of, tokens, seed) => {
        const draws = drawPrompts(of, tokens, seed);
        expect(draws).toEqual(drawPrompts(of, tokens, seed));
        draws.forEach((draw, position) => {
          if (draw === -1) expect(Math.max(...of)).toBeLessThanOrEqual(position);
          else expect(of[draw]).toBeGreaterThan(position);
        });
      }),
    );
  });

  it('draws each of them about as often', () => {
    const counts = [0, 0, 0];
    for (const draw of drawPrompts([3000, 3000, 3000], 3000, 7)) counts[draw]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('drawPositions', () => {
  it('draws another position, any of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (tokens, seed) => {
        drawPositions(tokens, seed).forEach((drawn, position) => {
          expect(drawn).not.toBe(position);
          expect(drawn).toBeGreaterThanOrEqual(0);
          expect(drawn).toBeLessThan(tokens);
        });
      }),
    );
    const ofFirst = new Set(Array.from({ length: 200 }, (_, seed) => drawPositions(4, seed)[1]));
    expect([...ofFirst].sort()).toEqual([0, 2, 3]);
  });

  it('finds none for a prompt of one token', () => {
    expect(drawPositions(1, 0)).toEqual(Int32Array.of(-1));
  });
});
