import { readNumber, useNumberDraft } from '../components/use-number-draft.ts';

interface NumberFieldProps {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

/** A number with its unit. What is typed stays until it is a number within the limits. */
export function NumberField({ label, unit, value, min, max, onChange }: NumberFieldProps) {
  const read = (typed: string) => readNumber(typed, min, max);
  const { text, isInvalid, ...handlers } = useNumberDraft(value, read, onChange);
  return (
    <span className="hs-figure__number">
      <input
        className="hs-field hs-field--number"
        aria-label={label}
        title={`From ${min} to ${max}.`}
        inputMode="decimal"
        aria-invalid={isInvalid}
        value={text}
        {...handlers}
      />
      <span className="hs-dim">{unit}</span>
    </span>
  );
}
