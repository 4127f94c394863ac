import { expect, it } from 'vitest';
import { formatHead } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { standoutHeads } from './standout-heads.ts';

const MODEL = { layers: 2, heads: 2 };
const table = (id: string, ...values: number[]) => makeScoreTable(id, values.length > 0 ? values : null);
const names = (scores: ScoreTable[], count: number) => standoutHeads(scores, MODEL, count).map(formatHead);

it('takes the highest of each score in turn, copy and induction first, each head once', () => {
  const scores = [table('sink', 0.9, 0.8, 0, 0), table('induction', 0, 0, 0.2, 0.1), table('copy', 0, 0.1, 0.3, 0.2)];
  expect(names(scores, 3)).toEqual(['L1H0', 'L1H1', 'L0H0']);
  expect(names(scores, 4)).toEqual(['L1H0', 'L1H1', 'L0H0', 'L0H1']);
  expect(names(scores, 1)).toEqual(['L1H0']);
});

it('counts as sharp what is sharp elsewhere than on the usual places', () => {
  const scores = [table('max', 1, 0.9, 0.5, 0.4), table('self', 1, 0.8, 0, 0)];
  expect(names(scores, 2)).toEqual(['L1H0', 'L0H0']);
});

it('passes over scores that do not apply and heads without a value', () => {
  expect(names([table('copy'), table('sink', NaN, 0.1, 0.5, NaN)], 3)).toEqual(['L1H0', 'L0H1', 'L0H0']);
});

it('takes the first heads where nothing is known, and no more than there are', () => {
  expect(names([table('copy')], 2)).toEqual(['L0H0', 'L0H1']);
  expect(names([], 9)).toEqual(['L0H0', 'L0H1', 'L1H0', 'L1H1']);
});
