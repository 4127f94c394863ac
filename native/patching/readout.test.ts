import { describe, expect, it } from 'vitest';
import { comparedTokens, readPositions, recoveryOf } from './readout.ts';

const logits = (...values: number[]) => Float32Array.from(values);

describe('recoveryOf', () => {
  it('lies between both runs, and is nowhere where they are equal', () => {
    const ends = { clean: 3.5, corrupted: -3.5 };
    expect(recoveryOf(0, ends)).toBe(0.5);
    expect(recoveryOf(3.5, ends)).toBe(1);
    expect(recoveryOf(-3.5, ends)).toBe(0);
    expect(recoveryOf(-7, ends)).toBe(-0.5);
    expect(recoveryOf(1, { clean: 1, corrupted: 1 })).toBeNaN();
  });
});

describe('comparedTokens', () => {
  const none = { token: null, against: null };

  it('takes what each run says', () => {
    expect(comparedTokens(none, logits(1, 5, 2), logits(1, 2, 5))).toEqual({ token: 1, against: 2 });
  });

  it('takes the clean run’s second where both say the same', () => {
    expect(comparedTokens(none, logits(1, 5, 2), logits(4, 5, 2))).toEqual({ token: 1, against: 2 });
  });

  it('fills in what is not given, never with the same token', () => {
    const [clean, corrupted] = [logits(1, 5, 2), logits(1, 2, 5)];
    expect(comparedTokens({ token: 0, against: null }, clean, corrupted)).toEqual({ token: 0, against: 2 });
    expect(comparedTokens({ token: 2, against: null }, clean, corrupted)).toEqual({ token: 2, against: 1 });
    expect(comparedTokens({ token: null, against: 1 }, clean, corrupted)).toEqual({ token: 2, against: 1 });
    expect(comparedTokens({ token: 0, against: 1 }, clean, corrupted)).toEqual({ token: 0, against: 1 });
  });

  it('refuses tokens that there are none of, and one compared with itself', () => {
    expect(() => comparedTokens({ token: 3, against: null }, logits(1, 2, 3), logits(1, 2, 3))).toThrow('Token id 3');
    expect(() => comparedTokens({ token: 1, against: 1 }, logits(1, 2), logits(1, 2))).toThrow('with itself');
  });
});

describe('readPositions', () => {
  const partners = Int32Array.of(0, -1, 3);
  const at = (position: number | null) => readPositions({ position }, partners, 5);

  it('is the last of both, or a position and its partner', () => {
    expect(at(null)).toEqual({ receiver: 2, donor: 4 });
    expect(at(2)).toEqual({ receiver: 2, donor: 3 });
  });

  it('refuses a position without a partner, and one past the end', () => {
    expect(() => at(1)).toThrow('Position 1 has no partner');
    expect(() => at(3)).toThrow('There is no position 3');
  });
});
