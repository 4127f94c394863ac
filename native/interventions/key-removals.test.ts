import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type Rng } from '../testing/rng.ts';
import { keyRemovals } from './key-removals.ts';
import type { HeadStep } from './layer-edit.ts';

const HEADS = 4;
const KV_HEADS = 2;
const HEAD_DIM = 3;
const WIDTH = 5;
const architecture = { heads: HEADS, kvHeads: KV_HEADS, headDim: HEAD_DIM, scale: [0.6], slidingWindow: [null] };
const breathe = () => Promise.resolve();

function randomFloats(rng: Rng, length: number): Float32Array {
  return Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
}

function problem(seed: number, tokens: number, steps?: readonly HeadStep[]) {
  const rng = createRng(seed);
  const layer = {
    q: randomFloats(rng, tokens * HEADS * HEAD_DIM),
    k: randomFloats(rng, tokens * KV_HEADS * HEAD_DIM),
    v: randomFloats(rng, tokens * KV_HEADS * HEAD_DIM),
    ...(steps && { patterns: new Map([[1, steps]]) }),
  };
  const output = randomFloats(rng, HEADS * HEAD_DIM * WIDTH);
  const direction = Float64Array.from(randomFloats(rng, WIDTH));
  return { capture: { tokens, layers: [layer] } as never, layer, output, direction };
}

/** What head 1 writes at a query, seeing only some keys. */
function writtenBy({ layer, output }: ReturnType<typeof problem>, query: number, sees: (key: number) => boolean) {
  const scores = Array.from({ length: query + 1 }, (_, key) => {
    let sum = 0;
    for (let d = 0; d < HEAD_DIM; d++) {
      sum += layer.q[(query * HEADS + 1) * HEAD_DIM + d]! * layer.k[key * KV_HEADS * HEAD_DIM + d]!;
    }
    return sees(key) ? Math.exp(sum * 0.6) : 0;
  });
  const total = scores.reduce((a, b) => a + b, 0);
  return Array.from({ length: WIDTH }, (_, i) => {
    let sum = 0;
    scores.forEach((score, key) => {
      for (let d = 0; d < HEAD_DIM; d++) {
        sum += (score / total) * layer.v[key * KV_HEADS * HEAD_DIM + d]! * output[(HEAD_DIM + d) * WIDTH + i]!;
      }
    });
    return sum;
  });
}

describe('keyRemovals', () => {
  it('equals leaving out each key in turn', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 12 }), async (seed, tokens) => {
        const of = problem(seed, tokens);
        const query = tokens - 1;
        const row = { layer: 0, head: 1, query, output: of.output, direction: of.direction };
        const found = await keyRemovals(architecture, of.capture, row, breathe);
        const whole = writtenBy(of, query, () => true);
        const norm = (values: readonly number[]) => Math.hypot(...values);
        for (let key = 0; key <= query; key++) {
          const without = writtenBy(of, query, (each) => each !== key);
          const moved = without.map((value, i) => value - whole[i]!);
          expect(found.deviation[key]).toBeCloseTo(norm(moved), 5);
          expect(found.relative[key]).toBeCloseTo(norm(moved) / norm(whole), 4);
          expect(found.logit[key]).toBeCloseTo(
            moved.reduce((sum, value, i) => sum + value * of.direction[i]!, 0),
            5,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says nothing of the only key of a row, and moves nothing for one that is not seen', async () => {
    const of = problem(3, 4, [{ kind: 'hide-keys', rows: null, keys: Uint8Array.of(0, 1, 0, 0) }]);
    const row = { layer: 0, head: 1, query: 0, output: of.output, direction: of.direction };
    const first = await keyRemovals(architecture, of.capture, row, breathe);
    expect([first.weight[0], first.deviation[0], first.logit[0]]).toEqual([1, NaN, NaN]);
    const last = await keyRemovals(architecture, of.capture, { ...row, query: 3 }, breathe);
    expect([last.weight[1], last.deviation[1], last.logit[1]]).toEqual([0, 0, 0]);
    expect(last.weight[0]! + last.weight[2]! + last.weight[3]!).toBeCloseTo(1, 6);
  });

  it('refuses weights that are not normalised', async () => {
    const of = problem(3, 4, [{ kind: 'sigmoid', rows: null, bias: 'none' }]);
    const row = { layer: 0, head: 1, query: 2, output: of.output, direction: of.direction };
    await expect(keyRemovals(architecture, of.capture, row, breathe)).rejects.toMatchObject({ code: 'bad-request' });
  });
});
