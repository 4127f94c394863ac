import { expect, it } from 'vitest';
import type { Budget, ResolvedMethod } from '../../model/method.ts';
import type { MethodResult } from '../../model/method-result.ts';
import { resolvedKeysText, rowBudget } from './row-budget.ts';

const info = { budget: { meaning: '', default: 2004, source: '' } };

function said(asked: Budget | null, budget: number | null, budgetOrigin: ResolvedMethod['budgetOrigin']) {
  const resolved = { budget, budgetOrigin, parameters: {}, origins: {} };
  const row = {
    choice: { method: 'sink-window', parameters: {}, budget: asked },
    info: info as Parameters<typeof rowBudget>[0]['info'],
    result: { resolved } as MethodResult,
  };
  const { asked: first, more } = rowBudget(row);
  return [first, more, resolvedKeysText(resolved, info)];
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
