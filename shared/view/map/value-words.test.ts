import { describe, expect, it } from 'vitest';
import { headingText } from './value-words.ts';

describe('heading', () => {
  it('names the aggregate only where there is one, and the scale only where there is a choice', () => {
    expect(headingText('probability', 'max', 2, 'log')).toBe('probability, max of 4×4, log scale');
    expect(headingText('probability', 'mean', 0, 'linear')).toBe('probability, linear scale');
    expect(headingText('logit', 'min', 0, 'log')).toBe('logit');
  });
});
