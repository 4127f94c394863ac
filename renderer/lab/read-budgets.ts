/** Budgets as a person writes them: `12.5%, 64`. */
import type { Budget } from '../../shared/model/method.ts';

/** A method takes so many at most. */
export const MOST_BUDGETS = 32;

/**
 * Each once. Undefined where something is no budget: a share over 0 up to 100%, or whole keys from 1 on; and where they
 * are too many.
 */
export function readBudgets(text: string, most = MOST_BUDGETS): readonly Budget[] | undefined {
  const parts = text
    .split(/[,;]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const read = parts.map(readBudget);
  if (!read.every((budget) => budget !== undefined)) return undefined;
  const budgets = [...new Map(read.map((budget) => [JSON.stringify(budget), budget])).values()];
  return budgets.length <= most ? budgets : undefined;
}

export function writeBudgets(budgets: readonly Budget[]): string {
  return budgets.map((budget) => ('keys' in budget ? String(budget.keys) : `${percent(budget.share)}%`)).join(', ');
}

function readBudget(part: string): Budget | undefined {
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(part)?.[1];
  if (share !== undefined) {
    const value = Number(share) / 100;
    return value > 0 && value <= 1 ? { share: value } : undefined;
  }
  const keys = /^(\d{1,9})(?:\s*keys?)?$/.exec(part)?.[1];
  return keys !== undefined && Number(keys) >= 1 ? { keys: Number(keys) } : undefined;
}

/** Without the digits that binary fractions add. */
function percent(share: number): number {
  return Number((100 * share).toPrecision(10));
}
