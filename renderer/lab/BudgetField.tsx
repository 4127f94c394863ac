import type { Budget } from '../../shared/model/method.ts';
import { plural } from '../../shared/view/format.ts';
import { DraftField } from '../components/DraftField.tsx';
import { MOST_BUDGETS, readBudgets, writeBudgets } from './read-budgets.ts';

interface BudgetFieldProps {
  readonly label: string;
  readonly title: string;
  readonly value: readonly Budget[];
  readonly placeholder?: string;
  /** So many budgets are taken. */
  readonly most?: number;
  readonly onChange: (value: readonly Budget[]) => void;
}

/** Several budgets in one field: `12.5%, 64`. */
export function BudgetField({ value, most = MOST_BUDGETS, ...field }: BudgetFieldProps) {
  return (
    <DraftField
      {...field}
      value={value}
      read={(text) => readBudgets(text, most)}
      write={writeBudgets}
      allowed={`shares over 0 up to 100% and keys from 1 on, at most ${plural(most, 'budget')}`}
      kept={value.length === 0 ? 'as published, scaled' : writeBudgets(value)}
      inputClass="hs-lab__budgets"
    />
  );
}
