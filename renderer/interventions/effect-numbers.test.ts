// @vitest-environment node
import { expect, it } from 'vitest';
import { effectNumbers, formatChange, formatDivergence, formatShare, logitDifference } from './effect-numbers.ts';

const comparison = {
  kl: 0.5,
  klPerToken: Float32Array.of(0, 0.5, 1, 0.5),
  nllDelta: Float32Array.of(NaN, 1, -0.5, 1),
  before: [],
  after: [],
};

it('takes means over the tokens that have a value, and the share that stays', () => {
  expect(effectNumbers(comparison)).toEqual({ klLast: 0.5, klMean: 0.5, nll: 0.5, agreement: undefined });
  expect(effectNumbers({ ...comparison, topChanged: Uint8Array.of(0, 1, 0, 0) }).agreement).toBe(0.75);
});

it('subtracts logits in the order that they were asked in', () => {
  expect(logitDifference({ logits: Float32Array.of(2, 0.5), probabilities: Float64Array.of(0.8, 0.2) })).toBe(1.5);
});

it('never rounds a difference away', () => {
  expect([formatShare(1), formatShare(0.9731), formatShare(1 - 1 / 4096)]).toEqual([
    '100.0 %',
    '97.3 %',
    'below 100 %',
  ]);
  expect([0, 6.9e-9, 0.0004, 0.0109, 34.11].map(formatDivergence)).toEqual(['0', '6.9e−9', '4.0e−4', '0.011', '34.1']);
  expect([0, -1.7e-4, 0.029].map(formatChange)).toEqual(['0', '−1.7e−4', '+0.029']);
});
