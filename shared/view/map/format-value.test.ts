import { describe, expect, it } from 'vitest';
import { formatCount, formatInCell, formatPower, formatProbability, formatTick, formatValue } from './format-value.ts';

describe('numbers of the map', () => {
  it('groups counts', () => {
    expect(formatCount(1019)).toBe('1,019');
  });

  it('writes powers of ten as people do', () => {
    expect([0, -1, -2, -3, -4, 3, 5].map(formatPower)).toEqual(['1', '0.1', '0.01', '10⁻³', '10⁻⁴', '1,000', '10⁵']);
  });

  it('writes probabilities with three digits and never as a false zero or one', () => {
    expect([0.613, 0.0021, 0.000032, 0, 1, 0.9999].map(formatProbability)).toEqual([
      '0.613',
      '0.00210',
      '3.2 × 10⁻⁵',
      '0',
      '1.00',
      '1.00',
    ]);
  });

  it('keeps cells short and tells small from nothing', () => {
    const cell = (value: number, wide = false) => formatInCell('probability', value, wide);
    expect([0.613, 0.034, 0.0004, 0.00001, 0, 1].map((value) => cell(value))).toEqual([
      '.61',
      '.034',
      '<.001',
      '<10⁻⁴',
      '0',
      '1',
    ]);
    expect(cell(0.613, true)).toBe('.613');
    expect(formatInCell('logit', -0.01, false)).toBe('0.0');
    expect(formatInCell('logit', -7.26, false)).toBe('−7.3');
    expect(formatInCell('lift', 0.01, false)).toBe('<.1');
  });

  it('names units only where the heading does not', () => {
    expect(formatValue('logit', -7.214)).toBe('−7.21');
    expect(formatValue('lift', 12.34)).toBe('12.3×');
  });

  it('writes ticks without noise', () => {
    expect([0, 0.30000000000000004, -2, 1e-4, 2500].map(formatTick)).toEqual(['0', '0.3', '−2', '10⁻⁴', '2,500']);
    expect([2e-4, -2e-4, 0.0032, -1e-3, 9.96e-4, 1.04e-4].map(formatTick)).toEqual([
      '2×10⁻⁴',
      '−2×10⁻⁴',
      '3.2×10⁻³',
      '−10⁻³',
      '10⁻³',
      '10⁻⁴',
    ]);
  });
});
