import { describe, expect, it } from 'vitest';
import { isDenseStep, queryOfStep } from './decode-steps.ts';

describe('steps of a generation', () => {
  it('are predicted by the row before their token', () => {
    expect(queryOfStep({ promptTokens: 10 }, 0)).toBe(9);
    expect(queryOfStep({ promptTokens: 10 }, 3)).toBe(12);
  });

  it('are dense where the method begins after them', () => {
    expect(isDenseStep({ promptTokens: 10, promptLength: 10 }, 0)).toBe(true);
    expect(isDenseStep({ promptTokens: 10, promptLength: 10 }, 1)).toBe(false);
    expect(isDenseStep({ promptTokens: 10, promptLength: 6 }, 0)).toBe(false);
  });
});
