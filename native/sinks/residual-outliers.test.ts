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
