import { expect, it } from 'vitest';
import type { Budget, ResolvedMethod } from '../../model/method.ts';
import { budgetLabel, budgetsAsked, budgetWords, resolvedKeysText, rowBudget, type BudgetRow } from './row-budget.ts';

const info = { budget: { meaning: '', default: 2004, source: '' } };

function rowOf(
  asked: Budget | null,
  budget: number | null,
  budgetOrigin: ResolvedMethod['budgetOrigin'],
): BudgetRow & { readonly result: { readonly resolved: ResolvedMethod } } {
  const resolved = { budget, budgetOrigin, parameters: {}, origins: {} };
  return {
    choice: { budget: asked },
    info: info,
    result: { resolved },
  };
}

function said(...given: Parameters<typeof rowOf>) {
  const row = rowOf(...given);
  const { asked, more } = rowBudget(row);
  return [asked, more, resolvedKeysText(row.result.resolved, info)];
}

it('says as published only of what is as published', () => {
  const scaled = ['74 keys', 'scaled from 2,004', '74 keys, scaled to this prompt from the published 2,004'];
  expect(said(null, 74, 'scaled')).toEqual(scaled);
  expect(said(null, 2004, 'published')).toEqual(['2,004 keys', 'as published', '2,004 keys, as published']);
  expect(said(null, null, null)).toEqual(['as its parameters say', '', '']);
});

it('says keys where they were not asked for as such', () => {
  expect(said({ share: 0.25 }, 75, 'given')).toEqual(['25%', '75 keys', '75 keys']);
  expect(said({ keys: 64 }, 64, 'given')).toEqual(['64 keys', '', '64 keys']);
});

it('says on one line which budget was asked for, and else what the published one came to', () => {
  const both = (row: BudgetRow) => [budgetLabel(row), budgetWords(row)];
  expect(both(rowOf({ share: 0.25 }, 75, 'given'))).toEqual(['25%', '25% (75 keys)']);
  expect(both(rowOf({ keys: 64 }, 64, 'given'))).toEqual(['64 keys', '64 keys']);
  expect(both(rowOf(null, 74, 'scaled'))).toEqual(['74 keys, scaled', '74 keys (scaled from 2,004)']);
  expect(both({ ...rowOf(null, 74, 'scaled'), info: undefined })).toEqual(['74 keys, scaled', '74 keys (scaled)']);
  expect(both(rowOf(null, 2004, 'published'))).toEqual(['2,004 keys, as published', '2,004 keys (as published)']);
  expect(both({ ...rowOf(null, null, null), info: { budget: null } })).toEqual(['none', 'none']);
  expect(both({ ...rowOf(null, 74, 'scaled'), result: null })[0]).toBe('as published, scaled');
});

it('says of many rows what was asked for, in order, and what published budgets came to', () => {
  const takesNone = { ...rowOf(null, null, null), info: { budget: null } };
  const given = [
    rowOf({ share: 0.5 }, 150, 'given'),
    rowOf({ keys: 64 }, 64, 'given'),
    rowOf({ share: 0.25 }, 75, 'given'),
    rowOf({ share: 0.5 }, 150, 'given'),
  ];
  expect(budgetsAsked([...given, takesNone])).toBe('Budgets as asked: 25%, 50%, 64 keys');
  const own = [rowOf(null, 249, 'scaled'), rowOf(null, 64, 'scaled'), rowOf(null, 2004, 'published')];
  expect(budgetsAsked([...given.slice(0, 1), ...own])).toBe(
    'Budgets as asked: 50%; as published: 2,004 keys; scaled to the prompt: 64 to 249 keys',
  );
  expect(budgetsAsked([rowOf(null, null, null)])).toBe('Budgets as parameters say');
  expect(budgetsAsked([takesNone])).toBe('');
});
