import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerCapture } from '../capture/capture.ts';
import { ropeTables, type RopeSpec } from '../families/rope.ts';
import { runForward } from '../forward/forward.ts';
import type { ExtraHook } from '../forward/segment-graphs.ts';
import { mapContext, uniformMap } from '../testing/map-context.ts';
import { openForward } from '../testing/open-forward.ts';
import { RANDOM_MODELS } from '../testing/random-models.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import { choiceAttention, choiceProducts, choiceQk } from './choice-scores.ts';
import type { Question } from './question.ts';
import type { ScoreContext } from './score.ts';

const TOKENS = 10;
/** Half a radian a position. */
const HALF: RopeSpec = { theta: 10_000, headDim: 2, scaling: { kind: 'linear', factor: 2 } };

function rotated([x, y]: readonly [number, number], position: number): [number, number] {
  const [c, s] = [Math.cos(position / 2), Math.sin(position / 2)];
  return [x * c - y * s, x * s + y * c];
}

/** One head of two dimensions, with these before rotation. */
function contextOf(
  query: readonly [number, number],
  keys: ReadonlyMap<number, readonly [number, number]>,
  question: Question,
  rope: RopeSpec | null = HALF,
): ScoreContext {
  const q = new Float32Array(2 * TOKENS);
  const k = new Float32Array(2 * TOKENS);
  const place = (vector: readonly [number, number], position: number) =>
    rope === null ? vector : rotated(vector, position);
  q.set(place(query, question.row), 2 * question.row);
  for (const [position, key] of keys) k.set(place(key, position), 2 * position);
  const context = mapContext({ maps: [uniformMap(TOKENS)] });
  const layers = [{ ...context.capture.layers[0]!, q, k } as LayerCapture];
  return {
    ...context,
    capture: { ...context.capture, layers },
    architecture: { ...context.architecture, headDim: 2, rope },
    question,
  };
}

/** The hand-checked example: query 1 2 at 9, keys 1 0, 0 1 and 1 1 at 2, 4 and 6. */
const toy = (correct: number, rope: RopeSpec | null = HALF) =>
  contextOf(
    [1, 2],
    new Map([
      [2, [1, 0]],
      [4, [0, 1]],
      [6, [1, 1]],
    ]),
    { row: 9, ends: [2, 4, 6], correct },
    rope,
  );
const valueOf = (context: ScoreContext, rotation: number) => choiceQk.compute(context, 0, 0, { rotation }, {}, never);
const never = () => Promise.resolve();

describe('choice-qk', () => {
  it('gives the hand-checked scores: before rotation C, after it A', () => {
    expect(choiceProducts(toy(2), 0, 0, false).map((score) => Number(score.toFixed(5)))).toEqual([1, 2, 3]);
    expect(valueOf(toy(2), 0)).toBe(1);
    expect(valueOf(toy(0), 0)).toBe(0);
    expect(valueOf(toy(0), 1)).toBe(1);
    expect(valueOf(toy(2), 1)).toBe(0);
  });

  it('counts its part of a tie, wherever the right choice stands: a head of zeros is at the floor', () => {
    const keys = new Map([
      [2, [1, 1]],
      [4, [0, 0]],
      [6, [1, 1]],
    ] as const);
    const tied = (query: readonly [number, number], correct: number) =>
      contextOf(query, keys, { row: 9, ends: [2, 4, 6], correct }, null);
    expect([0, 1, 2].map((correct) => valueOf(tied([1, 2], correct), 0))).toEqual([0.5, 0, 0.5]);
    for (const correct of [0, 1, 2]) {
      const context = tied([0, 0], correct);
      expect(valueOf(context, 0)).toBe(choiceQk.floor!(context, {}));
    }
  });

  it('is the same on both sides of a rotation that there is none of', () => {
    for (const rotation of [0, 1]) expect(valueOf(toy(2, null), rotation)).toBe(1);
  });

  it('before rotation does not depend on where the choices stand', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true });
    const vector = fc.tuple(number, number);
    fc.assert(
      fc.property(vector, vector, fc.integer({ min: 0, max: 8 }), (query, key, end) => {
        const [product] = choiceProducts(
          contextOf(query, new Map([[end, key]]), { row: 9, ends: [end], correct: 0 }),
          0,
          0,
          false,
        );
        expect(product).toBeCloseTo(query[0] * key[0] + query[1] * key[1], 4);
      }),
    );
  });

  it('after rotation is the dot product of what attention scores', () => {
    const [score] = choiceProducts(toy(0), 0, 0, true);
    const [a, b] = [rotated([1, 2], 9), rotated([1, 0], 2)];
    expect(score).toBeCloseTo(a[0] * b[0] + a[1] * b[1], 5);
  });

  it('needs a question', () => {
    const plain = mapContext({ maps: [uniformMap(TOKENS)] });
    expect(choiceQk.notApplicable(plain, {})).toMatch(/^Needs a question with choices/);
    expect(choiceQk.notApplicable(toy(0), {})).toBeNull();
  });
});

describe('keys and queries turned back', () => {
  const names = ['llama, r = 4, biases', 'llama, rope dynamic', 'llama, rope yarn', 'qwen3', 'gpt2'];
  const cases = Object.entries(RANDOM_MODELS).filter(([name]) => names.some((each) => name.startsWith(each)));

  it.each(cases)('are those that the graph has before it rotates: %s', async (_, options) => {
    const folder = await mkdtemp(join(tmpdir(), 'headscope-choices-'));
    await writeTinyModel(folder, options);
    const forward = await openForward(folder);
    try {
      const ids = Int32Array.from({ length: 40 }, (_id, i) => (i * 17) % 61);
      const raw = new Map<string, Float32Array>();
      const receive = (hook: ExtraHook, layer: number, row: number, values: Float32Array) => {
        expect(row).toBe(0);
        raw.set(`${hook} ${layer}`, values);
      };
      const request = { ids, gain: () => null, extras: { hooks: ['qRaw', 'kRaw'] as const, receive } };
      const job = { signal: new AbortController().signal, progress: () => undefined };
      const capture = await runForward(forward, request, job);
      const { architecture } = forward;
      const { layers, heads, kvHeads, headDim, rope } = architecture;
      const question = { row: 38, ends: [3, 11, 30], correct: 0 };
      const context = { ...mapContext({ maps: [uniformMap(4)] }), capture, architecture, question };
      // YaRN also scales what it rotates.
      const { cos } = rope === null ? { cos: [1] } : ropeTables(rope, 1);
      for (let layer = 0; layer < layers; layer++) {
        const at = (kind: 'q' | 'k', of: number, head: number, position: number) =>
          raw
            .get(`${kind}Raw ${layer}`)!
            .subarray((position * of + head) * headDim, (position * of + head + 1) * headDim);
        for (let head = 0; head < heads; head++) {
          const query = at('q', heads, head, question.row);
          const products = choiceProducts(context, layer, head, false);
          for (const [choice, end] of question.ends.entries()) {
            const key = at('k', kvHeads, Math.floor((head * kvHeads) / heads), end);
            const expected = key.reduce((sum, value, d) => sum + value * query[d]!, 0) * cos[0]! ** 2;
            expect(products[choice]).toBeCloseTo(expected, 3);
          }
        }
      }
    } finally {
      await forward.dispose();
      await rm(folder, { recursive: true });
    }
  });
});

describe('choice-attention', () => {
  it('is the share of the right choice', () => {
    const map = uniformMap(TOKENS);
    map[9] = [0.1, 0, 0.2, 0, 0.3, 0, 0.1, 0, 0, 0.3];
    const context = { ...mapContext({ maps: [map] }), question: { row: 9, ends: [2, 4, 6], correct: 1 } };
    expect(choiceAttention.compute(context, 0, 0, {}, {}, never)).toBeCloseTo(0.5, 12);
  });

  it('of uniform attention is the floor; unseen choices leave it undefined', () => {
    const question = { row: 9, ends: [2, 4, 6], correct: 1 };
    const context = { ...mapContext({ maps: [uniformMap(TOKENS)] }), question };
    expect(choiceAttention.compute(context, 0, 0, {}, {}, never)).toBeCloseTo(choiceAttention.floor!(context, {}), 12);
    const near = { ...mapContext({ maps: [uniformMap(TOKENS, 2)] }), question };
    expect(choiceAttention.compute(near, 0, 0, {}, {}, never)).toBeNaN();
  });
});
