import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResidual } from './residual-outliers.ts';

const go = () => Promise.resolve();

describe('readResidual', () => {
  it('finds the hand-checked massive activation: 120 against a median of .1 is 1200 times', async () => {
    const { massive } = await readResidual(Float32Array.from([120, 0.1, 0.12, 0.08, 0.1]), 5, 3, go);
    expect(massive).toHaveLength(1);
    expect(massive[0]).toMatchObject({ layer: 3, position: 0, dimension: 0, value: 120 });
    expect(massive[0]!.ratio).toBeCloseTo(1200, 2);
  });

  it('needs both: over 100 and 1000 times the median', async () => {
    expect((await readResidual(Float32Array.from([99, 0.01, 0.01]), 3, 0, go)).massive).toEqual([]);
    expect((await readResidual(Float32Array.from([500, 1, 1]), 3, 0, go)).massive).toEqual([]);
    expect((await readResidual(Float32Array.from([100, 0.01, 0.01]), 3, 0, go)).massive).toEqual([]);
  });

  it('tells the three largest whatever their size, and how far over the median they are', async () => {
    const { largest, massive } = await readResidual(Float32Array.from([3, -8, 1, 0, 2, 2, -4, 0.5]), 2, 7, go);
    expect(massive).toEqual([]);
    expect(largest).toEqual([
      expect.objectContaining({ layer: 7, position: 0, dimension: 1, value: -8, ratio: 4 }),
      expect.objectContaining({ layer: 7, position: 3, dimension: 0, value: -4, ratio: 2 }),
      expect.objectContaining({ layer: 7, position: 0, dimension: 0, value: 3, ratio: 1.5 }),
    ]);
  });

  it('gives the hand-checked sizes over the root mean square: 2.826 of 60 among ones, 2 alone in four', async () => {
    const among = await readResidual(Float32Array.from([60, 1, -1, 1, 1, -1, 1, 1]), 8, 0, go);
    expect(among.largest[0]!.overRms).toBeCloseTo(60 / Math.sqrt((3600 + 7) / 8), 9);
    expect(among.largest[0]!.overRms).toBeCloseTo(2.826, 3);
    const alone = await readResidual(Float32Array.from([2, 0, 0, 0]), 4, 0, go);
    expect(alone.largest[0]!.overRms).toBeCloseTo(2, 12);
  });

  it('agrees with sorting', async () => {
    const value = fc.oneof(
      fc.float({ min: -1, max: 1, noNaN: true }),
      fc.float({ min: -4000, max: 4000, noNaN: true }),
      fc.constant(0.125),
    );
    const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const resid = Float32Array.from(all.flat());
        const sizes = [...resid.map(Math.abs)].sort((a, b) => b - a);
        const median = sizes[Math.ceil((sizes.length - 1) / 2)]!;
        const { largest, massive } = await readResidual(resid, 3, 0, go);
        const magnitudes = (list: typeof massive) => list.map((found) => Math.abs(found.value));
        expect(magnitudes(largest)).toEqual(sizes.slice(0, 3).filter((size) => size > 0));
        const over = sizes.filter((size) => size > 100 && size / median >= 1000);
        expect(magnitudes(massive)).toEqual(over.slice(0, 16));
        for (const { position, dimension, value: found, overRms } of [...largest, ...massive]) {
          expect(resid[position * 3 + dimension]).toBe(found);
          expect(overRms).toBeLessThanOrEqual(Math.sqrt(3) * (1 + 1e-12));
        }
      }),
    );
  });

  it('tells position, dimension and sign, strongest first, and the norm of every row', async () => {
    const width = 4;
    const resid = new Float32Array(6 * width).fill(0.1);
    resid[2 * width + 3] = -1502;
    resid[2 * width + 1] = 2546.8;
    resid[0] = 767.6;
    const { massive, norms } = await readResidual(resid, width, 0, go);
    expect(massive.map(({ position, dimension }) => [position, dimension])).toEqual([
      [2, 1],
      [2, 3],
      [0, 0],
    ]);
    expect(massive[1]!.value).toBe(-1502);
    expect(norms[4]).toBeCloseTo(0.2, 7);
    expect(norms[2]).toBeCloseTo(Math.hypot(1502, 2546.8, 0.1, 0.1), 3);
  });

  it('keeps the largest 16 of one residual', async () => {
    const resid = new Float32Array(400).fill(0.01);
    for (let i = 0; i < 40; i++) resid[i * 10] = 200 + ((i * 7) % 40);
    const { massive } = await readResidual(resid, 10, 0, go);
    expect(massive.map(({ value }) => value)).toEqual(Array.from({ length: 16 }, (_, i) => 239 - i));
  });
});
