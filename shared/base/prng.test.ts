import { describe, expect, it } from 'vitest';
import { createPrng } from './prng.ts';

describe('createPrng', () => {
  it('gives the same numbers for the same seeds and others for other seeds or another order', () => {
    const draw = (...seeds: number[]) => {
      const prng = createPrng(...seeds);
      return Array.from({ length: 8 }, () => prng.next());
    };
    expect(draw(3, 4)).toEqual(draw(3, 4));
    expect(draw(3, 4)).not.toEqual(draw(4, 3));
    expect(draw(3)).not.toEqual(draw(3, 0));
  });

  it('keeps its numbers between releases', () => {
    const prng = createPrng(1, 2);
    expect(Array.from({ length: 5 }, () => prng.integer(1000))).toMatchInlineSnapshot(`
      [
        633,
        832,
        293,
        438,
        243,
      ]
    `);
  });

  it('is uniform: every decile of 100,000 draws within 4 standard deviations', () => {
    const prng = createPrng(9);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[Math.floor(prng.next() * 10)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(100_000 * 0.1 * 0.9));
  });

  it('shuffles without loss, each value to each place about equally often', () => {
    const prng = createPrng(5);
    const places = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const shuffled = prng.shuffle([0, 1, 2, 3]);
      expect([...shuffled].sort()).toEqual([0, 1, 2, 3]);
      places[shuffled.indexOf(0)]! += 1;
    }
    for (const count of places) expect(Math.abs(count - 2000)).toBeLessThan(160);
  });
});
