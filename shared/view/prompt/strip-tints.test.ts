// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { attentionTints, changeTints } from './strip-tints.ts';

describe('tints', () => {
  it('of attention reach full strength at the largest weight', () => {
    const { strengths, limit } = attentionTints(Float32Array.of(0, 0.2, 0.8));
    expect(limit).toBeCloseTo(0.8);
    expect([...strengths]).toEqual([0, 0.5, 1].map(Math.fround));
    expect([...attentionTints(new Float32Array(2)).strengths]).toEqual([0, 0]);
  });

  it('of change keep the sign, pass over the first token and are not paled by one outlier', () => {
    const delta = new Float32Array(200).fill(0.5);
    delta[0] = NaN;
    delta[1] = 40;
    delta[2] = -0.25;
    const { strengths, limit, signed } = changeTints(delta);
    expect(signed).toBe(true);
    expect(limit).toBe(0.5);
    expect(strengths[0]).toBe(0);
    expect(strengths[1]).toBe(1);
    expect(strengths[2]).toBe(-0.5);
  });

  it('of almost no change stay pale', () => {
    expect(changeTints(Float32Array.of(NaN, 0.001)).strengths[1]).toBeLessThan(0.05);
  });
});
