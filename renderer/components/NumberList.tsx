import { DraftField } from './DraftField.tsx';
import { numberLimits } from './number-limits.ts';
import { readNumbers } from './read-numbers.ts';

interface NumberListProps {
  readonly label: string;
  readonly title: string;
  readonly value: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** What none stands for; undefined: there is at least one. */
  readonly placeholder?: string;
  readonly onChange: (value: readonly number[]) => void;
}

const MOST = 64;

/** Several numbers in one field: `256, 512`. */
export function NumberList({ value, min, max, integer = true, placeholder, ...field }: NumberListProps) {
  const limits = { min, max, integer };
  const least = placeholder === undefined ? 1 : 0;
  const read = (text: string) => {
    const numbers = readNumbers(text, limits);
    return numbers && numbers.length >= least && numbers.length <= MOST ? numbers : undefined;
  };
  return (
    <DraftField
      {...field}
      value={value}
      read={read}
      write={written}
      allowed={`${least === 0 ? 'at most' : '1 to'} ${MOST} ${numberLimits(limits)}`}
      kept={value.length === 0 ? (placeholder ?? 'empty') : written(value)}
      inputClass="hs-effects__list"
      inputMode="decimal"
      placeholder={placeholder}
    />
  );
}

function written(numbers: readonly number[]): string {
  return numbers.join(', ');
}
