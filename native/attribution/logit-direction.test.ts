import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NormWeights } from '../weights/model-weights.ts';
import { normalized } from '../weights/testing/reference-norm.ts';
import { dot, logitDirection } from './logit-direction.ts';

describe('the direction of a logit', () => {
  // Three components of four dimensions, two tokens.
  const PARTS = [
    [1, 2, 0, -1],
    [0, -1, 3, 1],
    [2, 1, -1, 0],
  ].map((part) => Float64Array.from(part));
  const resid = Float64Array.from([3, 2, 2, 0]);
  const norm: NormWeights = {
    kind: 'layer',
    eps: 0,
    gain: Float32Array.of(1.5, 0.5, 1, 2),
    bias: Float32Array.of(0.1, -0.2, 0, 0.3),
  };
  const COLUMNS = [Float64Array.of(1, 0, 1, -1), Float64Array.of(0, 1, 1, 2)] as const;
  const difference = COLUMNS[0].map((value, d) => value - COLUMNS[1][d]!);

  it('gives the hand-checked parts, which add up to the difference', () => {
    const { vector, bias } = logitDirection(norm, resid, difference);
    const parts = PARTS.map((part) => dot(vector, part));
    expect(parts.map((part) => Number(part.toFixed(4)))).toEqual([8.259, -1.6059, 4.5883]);
    // The unembedding of the example has a bias of its own, 0.05 and -0.05.
    expect(bias + 0.1).toBeCloseTo(-0.5, 6);
    expect(parts.reduce((a, b) => a + b) + bias + 0.1).toBeCloseTo(10.741371, 5);
  });

  it('of a difference does not care for what all columns share', () => {
    const centred = COLUMNS.map((column) => column.map((value, d) => value - (COLUMNS[0][d]! + COLUMNS[1][d]!) / 2));
    const ofCentred = centred[0]!.map((value, d) => value - centred[1]![d]!);
    expect(logitDirection(norm, resid, ofCentred)).toEqual(logitDirection(norm, resid, difference));
  });

  it('times parts is the logit of the normalised whole, for every kind of norm', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    const vectors = fc.integer({ min: 1, max: 12 }).chain((size) => {
      const vector = fc.array(number, { minLength: size, maxLength: size });
      return fc.record({
        kind: fc.constantFrom('rms' as const, 'layer' as const, 'none' as const),
        gain: vector,
        bias: vector,
        column: vector,
        parts: fc.array(vector, { minLength: 1, maxLength: 5 }),
      });
    });
    fc.assert(
      fc.property(vectors, ({ kind, gain, bias, column, parts }) => {
        const weights = { kind, eps: 1e-3, gain: Float32Array.from(gain), bias: Float32Array.from(bias) };
        const own: NormWeights = kind === 'none' ? { kind, eps: 0, gain: null, bias: null } : weights;
        const whole = Float64Array.from(column, (_, d) => parts.reduce((sum, part) => sum + part[d]!, 0));
        const direction = logitDirection(own, whole, Float64Array.from(column));
        const sum = parts.reduce((all, part) => all + dot(direction.vector, part), 0) + direction.bias;
        const expected = dot(column, normalized(whole, whole.length, own));
        expect(Math.abs(sum - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)) * 100);
      }),
    );
  });
});
