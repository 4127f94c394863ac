import { DraftField } from './DraftField.tsx';
import { numberLimits, writtenNumber } from './number-limits.ts';
import { readNumber } from './use-number-draft.ts';

interface NumberSettingProps {
  /** Of the label, which places name and field. */
  readonly className?: string;
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number with its name. */
export function NumberSetting({ value, min, max, integer = true, className, ...field }: NumberSettingProps) {
  const read = (typed: string) => {
    const number = readNumber(typed, min, max);
    return number !== undefined && (!integer || Number.isInteger(number)) ? number : undefined;
  };
  return (
    <DraftField
      {...field}
      {...(className === undefined ? {} : { className })}
      value={value}
      read={read}
      write={String}
      allowed={numberLimits({ min, max, integer })}
      kept={writtenNumber(value)}
      inputClass="hs-field--number"
      inputMode={integer ? 'numeric' : 'decimal'}
    />
  );
}
