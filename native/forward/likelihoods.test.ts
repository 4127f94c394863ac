import { describe, expect, it } from 'vitest';
import { createRng } from '../testing/rng.ts';
import { topChoices } from './likelihoods.ts';

describe('topChoices', () => {
  it('takes the largest logits in order, the lower id first among equals', () => {
    const choices = topChoices(Float32Array.of(1, 3, 2, 3, -1), 3);
    expect(choices.map(({ id }) => id)).toEqual([1, 3, 2]);
    expect(choices[0]).toMatchObject({ logit: 3 });
    expect(topChoices(Float32Array.of(0, 0), 10).map(({ prob }) => prob)).toEqual([0.5, 0.5]);
  });

  it('agrees with sorting the whole vocabulary', () => {
    const random = createRng(3);
    const logits = Float32Array.from({ length: 5000 }, () => random.integer(100));
    const sorted = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
    expect(topChoices(logits, 10).map(({ id }) => id)).toEqual(sorted.slice(0, 10));
  });
});
