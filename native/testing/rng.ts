/** A seeded stream of random numbers: the same seed gives the same test on every machine. */
export interface Rng {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough for test data. */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    integer: (limit) => Math.floor(uniform() * limit),
    // Box-Muller; 1 - u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** `count` values of a normal distribution around `mean`. */
export function normalArray(rng: Rng, count: number, deviation: number, mean = 0): Float32Array {
  return Float32Array.from({ length: count }, () => mean + deviation * rng.normal());
}

/** `count` ids in [0, vocab). */
export function randomIds(rng: Rng, count: number, vocab: number): Int32Array {
  return Int32Array.from({ length: count }, () => rng.integer(vocab));
}
