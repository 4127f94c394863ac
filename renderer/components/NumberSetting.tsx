import { readNumber, useNumberDraft } from './use-number-draft.ts';

interface NumberSettingProps {
  /** Of the label, which places name and field. */
  readonly className: string;
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number with its name. What is typed stays until it is one within the limits. */
export function NumberSetting({
  className,
  label,
  title,
  value,
  min,
  max,
  integer = true,
  onChange,
}: NumberSettingProps) {
  const read = (typed: string) => {
    const number = readNumber(typed, min, max);
    return number !== undefined && (!integer || Number.isInteger(number)) ? number : undefined;
  };
  const { text, isInvalid, ...handlers } = useNumberDraft(value, read, onChange);
  return (
    <label className={className} title={title}>
      <span>{label}</span>
      <input
        className="hs-field hs-field--number"
        inputMode={integer ? 'numeric' : 'decimal'}
        aria-invalid={isInvalid}
        value={text}
        {...handlers}
      />
    </label>
  );
}
