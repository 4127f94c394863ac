import { formatCount } from '../../shared/view/format.ts';
import { readNumber } from '../components/use-number-draft.ts';
import { DraftField } from './DraftField.tsx';

interface LabNumberProps {
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

/** A whole number with its name. */
export function LabNumber({ value, min, max, ...field }: LabNumberProps) {
  const read = (typed: string) => {
    const number = readNumber(typed, min, max);
    return number !== undefined && Number.isInteger(number) ? number : undefined;
  };
  return (
    <DraftField
      {...field}
      value={value}
      read={read}
      write={String}
      allowed={`whole numbers from ${formatCount(min)} to ${formatCount(max)}`}
      kept={formatCount(value)}
      className="hs-field--number"
      inputMode="numeric"
    />
  );
}
