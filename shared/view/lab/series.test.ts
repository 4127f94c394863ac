import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MethodInfo } from '../../model/method.ts';
import type { LabRow } from '../../model/lab.ts';
import { LOOK_ORDER } from './known-methods.ts';
import { budgetText, choiceName, DENSE_LOOK, looksOf, seriesKey, seriesOf } from './series.ts';

const quest = {
  name: 'Quest',
  budget: { meaning: '', default: 1024, source: '' },
  parameters: [
    { id: 'page', name: 'Page' },
    { id: 'newest', name: 'Newest page', choices: ['by its bound', 'always'] },
  ],
} as unknown as MethodInfo;

const row = (method: string, parameters: Record<string, number>, share: number): Pick<LabRow, 'choice' | 'info'> => ({
  choice: { method, parameters, budget: { share } },
  info: { ...quest, name: method },
});

/** Contrast of two colours, WCAG 2. */
function contrast(a: string, b: string): number {
  const light = (colour: string) => {
    const [r, g, blue] = [1, 3, 5].map((at) => {
      const c = parseInt(colour.slice(at, at + 2), 16) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * blue!;
  };
  const [one, other] = [light(a), light(b)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

describe('methods in plots', () => {
  const known = LOOK_ORDER.map((method) => ({ method, parameters: {} }));

  it('have a look each: a colour that both themes show with a shape, or a shape with a dash pattern', () => {
    const looks = [...looksOf(known).values()];
    expect(looks).toHaveLength(22);
    expect(new Set(looks.map(({ colour, marker }) => `${colour} ${marker}`)).size).toBe(22);
    expect(new Set(looks.map(({ dash, marker }) => `${dash} ${marker}`)).size).toBe(22);
    expect(new Set(looks.slice(0, 8).map(({ colour }) => colour)).size).toBe(8);
    for (const { colour } of [...looks, DENSE_LOOK]) {
      expect(contrast(colour, '#ffffff'), colour).toBeGreaterThan(3);
      expect(contrast(colour, '#14171c'), colour).toBeGreaterThan(3);
    }
  });

  it('look the same whatever they are compared with', () => {
    const all = looksOf(known);
    fc.assert(
      fc.property(fc.shuffledSubarray(known), (some) => {
        for (const [key, look] of looksOf(some)) expect(look).toEqual(all.get(key));
      }),
    );
  });

  it('are told apart by method and parameters, whatever the order of these', () => {
    const rows = [
      row('quest', { page: 8, newest: 1 }, 0.25),
      row('dense', {}, 1),
      row('quest', { newest: 1, page: 8 }, 0.5),
      row('quest', { page: 4 }, 0.5),
    ];
    const series = seriesOf(rows);
    expect(series.map(({ rows: own }) => own)).toEqual([[0, 2], [1], [3]]);
    const looks = series.map(({ look }) => look);
    expect(looks[1]).toBe(DENSE_LOOK);
    // Of one method: of one colour, with shapes of their own.
    expect(looks[2]!.colour).toBe(looks[0]!.colour);
    expect(looks[2]!.marker).not.toBe(looks[0]!.marker);
    const byKey = looksOf(rows.map(({ choice }) => choice));
    expect(series.map(({ rows: [first] }) => byKey.get(seriesKey(rows[first!]!.choice)))).toEqual(looks);
  });

  it('have looks of their own up to sixty-four, and none that is of another method', () => {
    const choices = Array.from({ length: 64 }, (_, page) => ({ method: 'quest', parameters: { page } }));
    const looks = [...looksOf([...choices, ...known]).values()];
    expect(new Set(looks.map(({ colour, dash, marker }) => `${colour} ${dash} ${marker}`)).size).toBe(64 + 22);
    expect(looksOf(choices.slice(3, 4)).get(seriesKey(choices[3]!))).toEqual(looksOf(known).get(seriesKey(known[3]!)));
  });

  it('are named with what was given', () => {
    const parameters = { newest: 1, page: 8 };
    expect(choiceName({ method: 'quest', parameters }, quest)).toBe('Quest, page 8, newest page always');
    expect(choiceName({ method: 'quest', parameters: {} }, undefined)).toBe('quest');
  });
});

it('says budgets as they were asked for', () => {
  expect(budgetText({ share: 0.0625 }, quest)).toBe('6.25%');
  expect(budgetText({ share: 0.5 }, quest)).toBe('50%');
  expect(budgetText({ keys: 1024 }, undefined)).toBe('1,024 keys');
  expect(budgetText(null, quest)).toBe('as published, scaled');
  expect(budgetText(null, { budget: null })).toBe('none');
});
