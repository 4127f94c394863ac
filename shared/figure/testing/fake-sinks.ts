import { createPrng } from '../../base/prng.ts';
import type { SinkReport } from '../../model/sinks.ts';
import type { FakeShape } from './fake-shape.ts';

/** Heads that rest on a few positions, or on none: made up, but with numbers that fit each other. */
export function fakeSinks({ tokens, layers, heads, kvHeads, seed = 1 }: FakeShape, threshold: number): SinkReport {
  const prng = createPrng(seed + tokens);
  const leastRows = 16;
  const all = layers * heads;
  const candidates = Array.from({ length: Math.max(0, tokens - leastRows) }, (_, index) => index);
  const importances = candidates
    .filter((position) => position === 0 || prng.next() < 0.1)
    .slice(0, 32)
    .map((position) => ({
      position,
      values: Float32Array.from({ length: all }, () => (prng.next() < 0.4 ? 0.9 * prng.next() : 0.01)),
    }));
  const share = new Float32Array(layers * tokens);
  const rate = new Float32Array(tokens);
  for (const { position, values } of importances) {
    for (const [index, value] of values.entries()) {
      if (value <= threshold) continue;
      share[Math.floor(index / heads) * tokens + position]! += 1 / heads;
      rate[position]! += 1 / all;
    }
  }
  const found = importances
    .filter(({ position }) => rate[position]! > 0)
    .sort((a, b) => rate[b.position]! - rate[a.position]!);
  const filled = (perPosition: number) => Float32Array.from({ length: found.length * perPosition }, () => prng.next());
  return {
    threshold,
    share,
    rate,
    floor: Math.log(tokens + 1) / tokens,
    leastRows,
    positions: Int32Array.from(found, ({ position }) => position),
    importance: Float32Array.from(found.flatMap(({ values }) => [...values])),
    valueDrain: filled(layers * kvHeads),
    valueNorm: filled(layers * kvHeads),
    keyNorm: filled(layers * kvHeads),
    meanValueNorm: new Float32Array(layers * kvHeads).fill(1),
    meanKeyNorm: new Float32Array(layers * kvHeads).fill(1),
    cosine: filled(all),
    residualNorm: filled(layers + 1),
    meanResidualNorm: new Float32Array(layers + 1).fill(1),
    massive: [],
    largest: [],
  };
}
