import { expect, it } from 'vitest';
import { makeScoreTable } from '../../model/testing/score-table.ts';
import { sharpElsewhere } from './sharp-elsewhere.ts';

const table = (id: string, ...values: number[]) => makeScoreTable(id, values.length > 0 ? values : null);

it('is the max weight times the mass that is not on the usual places', () => {
  const scores = [
    table('max', 0.5, 1, 0.5, 0.5),
    table('sink', 0.25, 0, 0.75, 0),
    table('previous', 0.25, 0, 0.5, 0),
    table('self', 0, 1, 0, NaN),
  ];
  expect([...sharpElsewhere(scores)!]).toEqual([0.25, 0, 0, NaN]);
});

it('does with the scores that apply, but not without the max weight', () => {
  expect([...sharpElsewhere([table('max', 0.5), table('sink', 0.5), table('self')])!]).toEqual([0.25]);
  expect(sharpElsewhere([table('max'), table('sink', 0.5)])).toBeNull();
  expect(sharpElsewhere([])).toBeNull();
});
