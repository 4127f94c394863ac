/** The budget of a row in words: as it was asked for, and the keys that this was. */
import type { LabRow } from '../../model/lab.ts';
import type { MethodInfo, ResolvedMethod } from '../../model/method.ts';
import { formatCount, plural } from '../format.ts';
import { budgetText } from './series.ts';

/** `74 keys, scaled to this prompt from the published 2,004`, `2,004 keys, as published`, `64 keys`; empty without any. */
export function resolvedKeysText(
  { budget, budgetOrigin }: Pick<ResolvedMethod, 'budget' | 'budgetOrigin'>,
  info: Pick<MethodInfo, 'budget'>,
): string {
  if (budget === null) return '';
  const keys = plural(budget, 'key');
  if (budgetOrigin === 'published') return `${keys}, as published`;
  if (budgetOrigin !== 'scaled') return keys;
  const published = info.budget?.default ?? null;
  return `${keys}, scaled to this prompt${published === null ? '' : ` from the published ${formatCount(published)}`}`;
}

/**
 * What was asked for, and what that was where it does not say so: `25%` and `75 keys`, and without a budget `74 keys` and
 * `scaled from 2,004`, or `2,004 keys` and `as published`.
 */
export function rowBudget({ choice: { budget }, info, result }: Pick<LabRow, 'choice' | 'info' | 'result'>): {
  readonly asked: string;
  readonly more: string;
} {
  const resolved = result?.resolved;
  const asked = budgetText(budget, info);
  if (!resolved || info.budget === null) return { asked, more: '' };
  if (resolved.budget === null) return { asked: 'as its parameters say', more: '' };
  const keys = plural(resolved.budget, 'key');
  if (budget !== null) return { asked, more: 'keys' in budget ? '' : keys };
  if (resolved.budgetOrigin !== 'scaled') return { asked: keys, more: 'as published' };
  const published = info.budget.default;
  return { asked: keys, more: published === null ? 'scaled' : `scaled from ${formatCount(published)}` };
}
