import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalArray, createRng } from '../testing/rng.ts';
import { calibrate, HeadRows, type HeadSource } from './head-rows.ts';
import { HeadMasks } from './head-masks.ts';
import type { HeadStep } from './layer-edit.ts';
import { visibleUnder } from '../attention/mask.ts';

const TOKENS = 12;
const breathe = () => Promise.resolve();

function source(seed: number, window: number | null = null): HeadSource {
  const rng = createRng(seed);
  return {
    q: normalArray(rng, TOKENS * 8, 1),
    k: normalArray(rng, TOKENS * 4, 1),
    tokens: TOKENS,
    queryStart: 0,
    heads: 2,
    kvHeads: 1,
    headDim: 4,
    head: 1,
    scale: 0.5,
    window,
  };
}

const weightsOf = (of: HeadSource, steps: readonly HeadStep[], position = TOKENS - 1): number[] =>
  Array.from(new HeadRows(of, steps).row(position).weights);

function softmax(scores: readonly number[]): Float64Array {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return Float64Array.from(scores, (score) => Math.exp(score) / total);
}

describe('calibrate', () => {
  it('reproduces the hand-checked row: .5, .1, .3, .1 with a sink at 2 and beta .4', () => {
    const scores = Float64Array.from([0.5, 0.1, 0.3, 0.1], Math.log);
    expect(calibrate(scores, Int32Array.of(2), 0.4)).toBe(true);
    const found = softmax(Array.from(scores));
    [0.6286, 0.1257, 0.12, 0.1257].forEach((expected, key) => expect(found[key]).toBeCloseTo(expected, 4));
  });

  it('takes all from the sinks with beta 0, and leaves rows alone that have nothing else', () => {
    const scores = Float64Array.from([0.5, 0.1, 0.3, 0.1], Math.log);
    calibrate(scores, Int32Array.of(2), 0);
    expect(softmax(Array.from(scores))[0]).toBeCloseTo(0.5 / 0.7, 12);
    const only = Float64Array.of(1.5);
    expect(calibrate(only, Int32Array.of(0), 0.4)).toBe(false);
    expect(only[0]).toBe(1.5);
  });

  it('keeps rows that sum to 1 and multiplies the weights of sinks, however much they have', () => {
    const anyScores = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(anyScores, fc.double({ min: 0, max: 1, noNaN: true }), (given, beta) => {
        const before = softmax(given);
        const scores = Float64Array.from(given);
        calibrate(scores, Int32Array.of(1), beta);
        const after = softmax(Array.from(scores));
        expect(after[1]).toBeCloseTo(beta * before[1]!, 9);
        for (let key = 2; key < given.length; key++) {
          expect(after[key]! * before[0]!).toBeCloseTo(before[key]! * after[0]!, 9);
        }
      }),
    );
  });
});

describe('HeadRows', () => {
  it('hides, sharpens and evens out in the order of the steps', () => {
    const of = source(1);
    const window: HeadStep = { kind: 'mask', rows: null, mask: { kind: 'sink-window', sink: 1, window: 3 } };
    const uniform: HeadStep = { kind: 'uniform', rows: null };
    const even = weightsOf(of, [window, uniform]);
    expect(even).toEqual([0.25, 0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0.25, 0.25]);
    expect(weightsOf(of, [uniform, window])).toEqual(even);
    const sinks: HeadStep = { kind: 'calibrate', rows: null, keys: Int32Array.of(11), beta: 0 };
    expect(weightsOf(of, [sinks, uniform])).toEqual(weightsOf(of, [uniform]));
    const sharp = weightsOf(of, [{ kind: 'temper', rows: null, temperature: 0.5 }]);
    const squared = weightsOf(of, []).map((p) => p * p);
    const total = squared.reduce((a, b) => a + b, 0);
    sharp.forEach((p, key) => expect(p).toBeCloseTo(squared[key]! / total, 12));
  });

  it('forgets what stands before another run’s scores, and sees only keys with partners', () => {
    const [of, other] = [source(2), source(3)];
    const partners = Int32Array.from({ length: TOKENS }, (_, at) => (at % 3 === 0 ? -1 : at));
    const donor = { queries: () => other.q, keys: () => other.k, tokens: TOKENS, partners };
    const taken: HeadStep = { kind: 'donor', rows: null, donor };
    const narrow: HeadStep = { kind: 'mask', rows: null, mask: { kind: 'sink-window', sink: 0, window: 2 } };
    const found = weightsOf(of, [narrow, taken]);
    const theirs = weightsOf(other, []).map((p, key) => (partners[key] === -1 ? 0 : p));
    const total = theirs.reduce((a, b) => a + b, 0);
    found.forEach((p, key) => expect(p).toBeCloseTo(theirs[key]! / total, 12));
    // Rows without a partner keep what they had.
    expect(weightsOf(of, [narrow, taken], 9)).toEqual(weightsOf(of, [narrow], 9));
  });

  it('tells rows that a step leaves as they are', () => {
    const of = source(4);
    const hide: HeadStep = { kind: 'hide-keys', rows: null, keys: Uint8Array.of(0, 0, 0, 1) };
    const rows = new HeadRows(of, [hide]);
    expect([2, 3].map((position) => rows.row(position).isEdited)).toEqual([false, true]);
    const values = new HeadRows(of, [{ ...hide, kind: 'zero-values' }]);
    expect([2, 3].map((position) => values.row(position).isEdited)).toEqual([false, true]);
    expect([values.seesValue(5, 3), values.seesValue(5, 2)]).toEqual([false, true]);
  });

  it('weighs by sigmoids without normalising, with a bias by what is seen', () => {
    const of = source(5);
    const plain = new HeadRows(of, [{ kind: 'sigmoid', rows: null, bias: 'none' }]).row(3);
    const scores = Array.from(new HeadRows(of, []).scores(3, 0, 4).scores);
    expect(plain.lse).toBeNaN();
    plain.weights.forEach((p, key) => expect(p).toBeCloseTo(1 / (1 + Math.exp(-scores[key]!)), 12));
    const biased = weightsOf(of, [{ kind: 'sigmoid', rows: null, bias: 'log-visible' }], 3);
    biased.forEach((p, key) => expect(p).toBeCloseTo(1 / (1 + 4 * Math.exp(-scores[key]!)), 12));
  });
});

describe('HeadMasks', () => {
  const anyRows = fc.option(fc.uint8Array({ minLength: TOKENS, maxLength: TOKENS, max: 1 }));
  const anyStep: fc.Arbitrary<HeadStep> = fc.oneof(
    fc.record({
      kind: fc.constant('mask' as const),
      rows: anyRows,
      mask: fc.record({
        kind: fc.constant('sink-window' as const),
        sink: fc.integer({ min: 0, max: 5 }),
        window: fc.integer({ min: 1, max: 9 }),
      }),
    }),
    fc.record({
      kind: fc.constant('hide-keys' as const),
      rows: anyRows,
      keys: fc.option(fc.uint8Array({ maxLength: TOKENS, max: 1 })),
    }),
  );

  it('lets each row see what all of its steps let it see', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 4 }),
        fc.option(fc.integer({ min: 1, max: 6 })),
        async (steps, window) => {
          const mask = await new HeadMasks({ tokens: TOKENS, queryStart: 0, window }, breathe).of(steps);
          const rows = new HeadRows(source(6, window), steps);
          for (let position = 0; position < TOKENS; position++) {
            const { scores } = rows.scores(position, 0, position + 1);
            const seen = mask ? visibleUnder(mask, TOKENS, position, position) : new Uint8Array(position + 1).fill(1);
            scores.forEach((score, key) => {
              const isInWindow = position - key < (window ?? TOKENS);
              expect(seen[key] !== 0 && isInWindow).toBe(score > -Infinity);
            });
          }
        },
      ),
    );
  });

  it('stays one sink and window where one of them says all', async () => {
    const step = (sink: number, window: number): HeadStep => ({
      kind: 'mask',
      rows: null,
      mask: { kind: 'sink-window', sink, window },
    });
    const masks = new HeadMasks({ tokens: TOKENS, queryStart: 0, window: null }, breathe);
    expect(await masks.of([step(4, 8), step(2, 3), step(2, 6)])).toEqual({
      kind: 'sink-window',
      sink: 2,
      window: 3,
    });
    expect((await masks.of([step(4, 3), step(2, 6)]))?.kind).toBe('row-keys');
    expect(await masks.of([])).toBeNull();
  });

  it('lists keys once for heads with equal steps, and no more in all than it may', async () => {
    const without = (...keys: number[]): HeadStep => {
      const flags = new Uint8Array(TOKENS);
      for (const key of keys) flags[key] = 1;
      return { kind: 'hide-keys', rows: null, keys: flags };
    };
    // Of the cells of the map, one column less.
    const listed = (TOKENS * (TOKENS + 1)) / 2 - TOKENS;
    const masks = new HeadMasks({ tokens: TOKENS, queryStart: 0, window: null }, breathe, 2 * listed);
    const first = await masks.of([without(0)]);
    expect(first).toMatchObject({ kind: 'row-keys', keys: { length: listed } });
    expect(await masks.of([without(0)])).toBe(first);
    // One more cell is seen without a later key.
    expect(await masks.of([without(1)])).toBeUndefined();
    expect(await masks.of([without(0, 1)])).toMatchObject({ kind: 'row-keys' });
  });
});
