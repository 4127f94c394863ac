import { readNumber, useNumberDraft } from '../components/use-number-draft.ts';

interface FactorFieldProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const read = (typed: string) => readNumber(typed, -1000, 1000);

/** The factor on what a head writes. */
export function FactorField({ label, value, onChange }: FactorFieldProps) {
  const { text, isInvalid, ...handlers } = useNumberDraft(value, read, onChange);
  return (
    <input
      className="hs-field hs-field--number"
      aria-label={label}
      aria-invalid={isInvalid}
      inputMode="decimal"
      value={text}
      {...handlers}
    />
  );
}
