import { formatCount } from '../../shared/view/format.ts';
import { readNumbers } from '../effects/read-numbers.ts';
import { DraftField } from './DraftField.tsx';

interface LabListProps {
  readonly label: string;
  readonly title: string;
  readonly value: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** What none stands for. */
  readonly placeholder: string;
  readonly onChange: (value: readonly number[]) => void;
}

const MOST = 64;

/** Several numbers in one field: `256, 512`. */
export function LabList({ value, min, max, integer = true, placeholder, ...field }: LabListProps) {
  const read = (text: string) => {
    const numbers = readNumbers(text, { min, max, integer });
    return numbers && numbers.length <= MOST ? numbers : undefined;
  };
  return (
    <DraftField
      {...field}
      value={value}
      read={read}
      write={written}
      allowed={`at most ${MOST} ${integer ? 'whole numbers' : 'numbers'} from ${formatCount(min)} to ${formatCount(max)}`}
      kept={value.length === 0 ? placeholder : written(value)}
      className="hs-effects__list"
      inputMode="decimal"
      placeholder={placeholder}
    />
  );
}

function written(numbers: readonly number[]): string {
  return numbers.join(', ');
}
