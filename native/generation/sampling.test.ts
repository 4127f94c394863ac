import { describe, expect, it } from 'vitest';
import { createPrng } from '../../shared/base/prng.ts';
import type { Sampling } from '../../shared/model/sampling.ts';
import { argmax, chooseToken } from './sampling.ts';

const logits = Float32Array.of(1, 3, 0.5, 3, -2, 2);
const DRAWS = 40_000;

function frequencies(sampling: Partial<Extract<Sampling, { kind: 'sample' }>>): number[] {
  const prng = createPrng(17);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < DRAWS; i++) {
    counts[chooseToken(logits, { kind: 'sample', temperature: 1, seed: 0, ...sampling }, prng)]! += 1;
  }
  return counts.map((count) => count / DRAWS);
}

function expected(temperature: number, kept: readonly number[]): number[] {
  const weights = Array.from(logits, (logit, id) => (kept.includes(id) ? Math.exp(logit / temperature) : 0));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** Within 4 standard deviations of a binomial. */
function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  wanted.forEach((p, id) => {
    expect(Math.abs(actual[id]! - p), `token ${id}`).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / DRAWS));
  });
}

const ALL = [0, 1, 2, 3, 4, 5];

describe('chooseToken', () => {
  it('greedy takes the likeliest, of equals the lowest id', () => {
    expect(chooseToken(logits, { kind: 'greedy' }, createPrng(1))).toBe(1);
    expect(argmax([-Infinity, -1, -1])).toBe(1);
  });

  it('draws with the probabilities of the softmax', () => {
    expectClose(frequencies({}), expected(1, ALL));
  });

  it('divides the logits by the temperature', () => {
    expectClose(frequencies({ temperature: 2.5 }), expected(2.5, ALL));
    expectClose(frequencies({ temperature: 0.5 }), expected(0.5, ALL));
    expect(frequencies({ temperature: 0.01 })[4]).toBe(0);
  });

  it('keeps the k likeliest', () => {
    expectClose(frequencies({ topK: 3 }), expected(1, [1, 3, 5]));
    expect(frequencies({ topK: 1 })[1]).toBe(1);
    expectClose(frequencies({ topK: 100 }), expected(1, ALL));
  });

  it('keeps the fewest tokens that hold the mass p', () => {
    // 1 and 3 hold 0.70 of the mass, with 5 it is 0.83.
    expectClose(frequencies({ topP: 0.69 }), expected(1, [1, 3]));
    expectClose(frequencies({ topP: 0.8 }), expected(1, [1, 3, 5]));
    expect(frequencies({ topP: 1e-9 })[1]).toBe(1);
  });

  it('takes p of the mass that k leaves', () => {
    // Of the three likeliest, 1 and 3 hold 0.84.
    expectClose(frequencies({ topK: 3, topP: 0.83 }), expected(1, [1, 3]));
  });

  it('keeps the same tokens of a large vocabulary as a plain sort would', () => {
    const random = createPrng(2);
    const large = Float32Array.from({ length: 5000 }, () => 12 * random.next() * random.next());
    const byProbability = Array.from(large.keys()).sort((a, b) => large[b]! - large[a]!);
    for (const [topK, topP] of [
      [3000, 0.9],
      [40, 1],
      [5000, 0.5],
      [4000, 1],
    ] as const) {
      const weights = byProbability.slice(0, topK).map((id) => Math.exp(large[id]!));
      const sum = weights.reduce((a, b) => a + b);
      let held = 0;
      const count = weights.findIndex((weight) => (held += weight / sum) >= topP * (1 - 1e-12)) + 1;
      const allowed = new Set(byProbability.slice(0, count));
      const prng = createPrng(3);
      for (let draw = 0; draw < 300; draw++) {
        const id = chooseToken(large, { kind: 'sample', temperature: 1, topK, topP, seed: 0 }, prng);
        expect(allowed.has(id), `${topK} ${topP}`).toBe(true);
      }
    }
  });

  it('repeats itself with the same seed', () => {
    const draw = (seed: number) => {
      const prng = createPrng(seed);
      return Array.from({ length: 20 }, () => chooseToken(logits, { kind: 'sample', temperature: 3, seed }, prng));
    };
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).not.toEqual(draw(5));
  });
});
