/** The budget of a row in words: as it was asked for, and the keys that this was. The same in window, figures and tables. */
import type { Budget, MethodInfo, ResolvedMethod } from '../../model/method.ts';
import { formatCount, plural } from '../format.ts';
import { budgetText } from './series.ts';

/** A row of a comparison, before or after it was run. */
export interface BudgetRow {
  readonly choice: { readonly budget: Budget | null };
  /** Undefined where nothing is known of the method but what it was run with. */
  readonly info: Pick<MethodInfo, 'budget'> | undefined;
  readonly result: { readonly resolved: Pick<ResolvedMethod, 'budget' | 'budgetOrigin'> } | null;
}

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
export function rowBudget({ choice: { budget }, info, result }: BudgetRow): {
  readonly asked: string;
  readonly more: string;
} {
  const resolved = result?.resolved;
  const asked = budgetText(budget, info);
  if (!resolved || info?.budget === null) return { asked, more: '' };
  if (resolved.budget === null) return { asked: 'as its parameters say', more: '' };
  const keys = plural(resolved.budget, 'key');
  if (budget !== null) return { asked, more: 'keys' in budget ? '' : keys };
  if (resolved.budgetOrigin !== 'scaled') return { asked: keys, more: 'as published' };
  const published = info?.budget.default ?? null;
  return { asked: keys, more: published === null ? 'scaled' : `scaled from ${formatCount(published)}` };
}

/** Where there is little room: `25%`, and without a budget `74 keys, scaled` or `2,004 keys, as published`. */
export function budgetLabel(row: BudgetRow): string {
  const { asked, more } = rowBudget(row);
  if (row.choice.budget !== null || more === '') return asked;
  return `${asked}, ${row.result?.resolved.budgetOrigin === 'scaled' ? 'scaled' : more}`;
}

/** In full: `25% (75 keys)`, `74 keys (scaled from 2,004)`, `64 keys`, `none`. */
export function budgetWords(row: BudgetRow): string {
  const { asked, more } = rowBudget(row);
  return more === '' ? asked : `${asked} (${more})`;
}

/**
 * Of many rows, for a caption: `Budgets as asked: 12.5%, 25%; as published: 2,048 keys; scaled to the prompt: 64 to 249
 * keys`. Empty where no method takes a budget.
 */
export function budgetsAsked(rows: readonly BudgetRow[]): string {
  const own = rows.filter(({ info }) => info?.budget !== null);
  const given = own.flatMap(({ choice }) => choice.budget ?? []).sort((a, b) => sizeOf(a) - sizeOf(b));
  const asked = [...new Set(given.map((budget) => budgetText(budget, undefined)))];
  const without = own.flatMap(({ choice, result }) => (choice.budget === null && result ? result.resolved : []));
  const keysOf = (wanted: ResolvedMethod['budgetOrigin']) =>
    without.flatMap(({ budget, budgetOrigin }) => (budget !== null && budgetOrigin === wanted ? budget : []));
  const parts = [
    ['as asked', asked.join(', ')],
    ['as published', keyRange(keysOf('published'))],
    ['scaled to the prompt', keyRange(keysOf('scaled'))],
  ].flatMap(([how, what]) => (what === '' ? [] : `${how}: ${what}`));
  const open = without.some(({ budget }) => budget === null) ? ['as parameters say'] : [];
  const all = [...parts, ...open];
  return all.length === 0 ? '' : `Budgets ${all.join('; ')}`;
}

/** Shares before keys. */
const sizeOf = (budget: Budget): number => ('share' in budget ? budget.share : 1e3 + budget.keys);

function keyRange(keys: readonly number[]): string {
  if (keys.length === 0) return '';
  const [least, most] = [Math.min(...keys), Math.max(...keys)];
  return least === most ? plural(most, 'key') : `${formatCount(least)} to ${plural(most, 'key')}`;
}
