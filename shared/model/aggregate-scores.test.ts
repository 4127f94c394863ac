import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeScoreTable } from './testing/score-table.ts';
import type { ScoreTable } from './score.ts';
import { aggregateScores } from './aggregate-scores.ts';
import { Bootstrap } from './bootstrap.ts';

const breathe = () => Promise.resolve();
const of = (values: readonly number[] | null, more: Partial<ScoreTable> = {}): ScoreTable => ({
  ...makeScoreTable('any', values),
  ...more,
});
const all = (...prompts: readonly ScoreTable[]) => aggregateScores(prompts, new Bootstrap(0), breathe);

describe('aggregateScores', () => {
  it('gives mean, deviation and active share by head', async () => {
    // The hand-checked samples 1, 0, 0.5: mean 0.5, active in two of three.
    const { values, spread } = await all(of([1, 2]), of([0, 2]), of([0.5, 2]));
    expect([...values!]).toEqual([0.5, 2]);
    expect(spread!.prompts).toBe(3);
    expect([...spread!.deviation]).toEqual([0.5, 0]);
    expect(spread!.active[0]).toBeCloseTo(2 / 3, 12);
    expect(spread!.low[0]).toBeLessThan(0.5);
    expect(spread!.high[0]).toBeGreaterThan(0.5);
    expect([spread!.low[1], spread!.high[1]]).toEqual([2, 2]);
  });

  it('leaves out prompts on which the score does not apply, and says how many are left', async () => {
    const { values, notApplicable, spread } = await all(of(null), of([1]), of([3]));
    expect([...values!]).toEqual([2]);
    expect(notApplicable).toBeNull();
    expect(spread!.prompts).toBe(2);
  });

  it('has no values but the reason where it applies to none', async () => {
    expect(await all(of(null), of(null))).toMatchObject({
      values: null,
      notApplicable: 'Needs more tokens.',
      spread: null,
    });
  });

  it('takes a head’s mean over the prompts that define it; of none it is undefined', async () => {
    const { values, spread } = await all(of([NaN, NaN]), of([0.2, NaN]), of([0.4, NaN]));
    expect(values![0]).toBeCloseTo(0.3, 12);
    expect(values![1]).toBeNaN();
    expect(spread!.low[1]).toBeNaN();
    expect(spread!.deviation[1]).toBeNaN();
  });

  it('of one prompt is that prompt, without deviation and interval, also where another has no value', async () => {
    const spreadsOf = ({ values, spread }: ScoreTable) => [
      values![0],
      spread!.active[0],
      spread!.deviation[0],
      spread!.low[0],
      spread!.high[0],
    ];
    const single = [0.25, 1, NaN, NaN, NaN];
    expect(spreadsOf(await all(of([0.25])))).toEqual(single);
    expect(spreadsOf(await all(of([0.25]), of(null)))).toEqual(single);
    expect(spreadsOf(await all(of([NaN]), of([0.25])))).toEqual(single);
  });

  it('averages floors, and keeps the parameters that all prompts agree in', async () => {
    const { floor, parameters } = await all(
      of([1], { floor: 0.1, parameters: { sink: 4, window: 32 } }),
      of([1], { floor: 0.3, parameters: { sink: 4, window: 64 } }),
    );
    expect(floor).toBeCloseTo(0.2, 12);
    expect(parameters).toEqual({ sink: 4 });
  });

  it('does not depend on the order of prompts but for the draws of the interval, which stays between the extremes', async () => {
    const value = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(NaN));
    const prompts = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(prompts, async (values) => {
        const forth = await all(...values.map((each) => of(each)));
        const back = await all(...values.toReversed().map((each) => of(each)));
        for (const head of [0, 1] as const) {
          const own = values.map((each) => each[head]).filter((each) => !Number.isNaN(each));
          expect(back.spread!.active[head]).toBe(forth.spread!.active[head]);
          if (own.length === 0) continue;
          expect(back.values![head]).toBeCloseTo(forth.values![head]!, 9);
          if (own.length === 1) continue;
          expect(back.spread!.deviation[head]).toBeCloseTo(forth.spread!.deviation[head]!, 9);
          expect(forth.spread!.low[head]).toBeGreaterThanOrEqual(Math.min(...own) - 1e-9);
          expect(forth.spread!.high[head]).toBeLessThanOrEqual(Math.max(...own) + 1e-9);
        }
      }),
      { numRuns: 30 },
    );
  });
});
