/** A seeded source of random numbers: the same seed gives the same numbers on every machine. */
export interface Prng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** The values in random order (Fisher-Yates). */
  shuffle<T>(values: readonly T[]): T[];
}

/** splitmix32 over a hash of the seeds; `createPrng(seed, a, b)` gives independent streams for different a and b. */
export function createPrng(...seeds: readonly number[]): Prng {
  let state = seeds.reduce((hash, seed) => mix((hash ^ mix(seed >>> 0)) + 0x9e3779b9), 0x2545f491);
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    integer,
    shuffle: (values) => {
      const shuffled = [...values];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      }
      return shuffled;
    },
  };
}

/** The finaliser of splitmix32, unsigned. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
