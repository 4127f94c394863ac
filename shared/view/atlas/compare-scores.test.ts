import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../model/testing/score-table.ts';
import { isSigned, scoreColour, scoreScale } from './score-colours.ts';
import { compareScores, differingParameters, onOneScale } from './compare-scores.ts';

const shape = { layers: 2, heads: 2 };
const table = (values: readonly number[], domain: readonly [number | null, number | null] = [null, null]) =>
  makeScoreTable('x', values, { name: 'X', domain });
const compare = (a: readonly number[], b: readonly number[]) => compareScores(table(a), table(b), shape, shape)!;
const value = fc.integer({ min: -100_000, max: 100_000 }).map((thousandths) => thousandths / 1000);
const values = fc.array(value, { minLength: 4, maxLength: 4 });

describe('the difference of two results', () => {
  it('is A - B head by head, with its size, and has no floor of its own', () => {
    const { difference, size } = compareScores(
      { ...table([0.5, 0.25, 1, 0]), floor: 0.1 },
      { ...table([0.25, 0.75, 1, NaN]), floor: 0.2 },
      shape,
      shape,
    )!;
    expect([...difference.values!]).toEqual([0.25, -0.5, 0, NaN]);
    expect([...size.values!]).toEqual([0.25, 0.5, 0, NaN]);
    expect([difference.floor, difference.info.name]).toEqual([null, 'X, A − B']);
  });

  it('changes its sign where A and B change places', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [one, other] = [compare(a, b), compare(b, a)];
        expect([...one.difference.values!]).toEqual([...other.difference.values!].map((difference) => 0 - difference));
        expect([...one.size.values!]).toEqual([...other.size.values!]);
        expect(scoreScale(one.difference)).toEqual(scoreScale(other.difference));
      }),
    );
  });

  it('has every value on a signed scale with zero in the neutral middle', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const { difference } = compare(a, b);
        const scale = scoreScale(difference);
        expect(isSigned(scale)).toBe(true);
        expect(scale.hi).toBe(-scale.lo);
        for (const one of difference.values!) expect(Math.abs(one)).toBeLessThanOrEqual(scale.hi);
        const { r, g, b: blue } = scoreColour(scale, 0, 'light');
        expect(Math.max(r, g, blue) - Math.min(r, g, blue)).toBeLessThan(12);
      }),
    );
  });

  it('is zero everywhere of a result with itself', () => {
    const { difference } = compare([1, -2, 3, 4], [1, -2, 3, 4]);
    expect([...difference.values!]).toEqual([0, 0, 0, 0]);
    expect(scoreScale(difference)).toEqual({ kind: 'linear', lo: -1, hi: 1 });
  });

  it('is none where heads have no partner, or a score no values', () => {
    expect(compareScores(table([1, 2, 3, 4]), table([1, 2, 3, 4]), shape, { layers: 4, heads: 1 })).toBeUndefined();
    expect(compareScores(table([1, 2, 3, 4]), makeScoreTable('x', null), shape, shape)).toBeUndefined();
  });
});

it('shows both on one scale that reaches over both, and where one is signed, from zero as far both ways', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [one, other] = onOneScale(table(a), table(b));
      const scale = scoreScale(one);
      expect(scoreScale(other)).toEqual(scale);
      for (const each of [...a, ...b]) {
        expect(each).toBeGreaterThanOrEqual(scale.lo);
        expect(each).toBeLessThanOrEqual(scale.hi);
      }
    }),
  );
  expect(scoreScale(onOneScale(table([0, 1], [0, 1]), table([0, 0.2], [0, 1]))[1])).toMatchObject({ lo: 0, hi: 1 });
});

it('names the parameters that differ, as a person reads them', () => {
  const parameter = { meaning: '', default: null, min: 0, max: 1000, integer: true };
  const parameters = [
    { ...parameter, id: 'window', name: 'Window' },
    { ...parameter, id: 'space', name: 'Compared', choices: ['after W_O', 'before W_O'] },
    { ...parameter, id: 'sink', name: 'Sink keys' },
  ];
  const of = (used: Record<string, number>) => ({ ...makeScoreTable('x', [1], { parameters }), parameters: used });
  expect(differingParameters(of({ window: 64, space: 0, sink: 4 }), of({ window: 256, space: 1, sink: 4 }))).toEqual([
    { name: 'Window', a: '64', b: '256' },
    { name: 'Compared', a: 'after W_O', b: 'before W_O' },
  ]);
  expect(differingParameters(of({ window: 64, rows: 2 }), of({ window: 64 }))).toEqual([
    { name: 'rows', a: '2', b: 'none' },
  ]);
});
