import { useState } from 'react';

interface FactorFieldProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** A number field that keeps what is typed until it is a number, so that `-0.` on the way to `-0.5` is not lost. */
export function FactorField({ label, value, onChange }: FactorFieldProps) {
  const [draft, setDraft] = useState<{ readonly text: string; readonly of: number } | undefined>(undefined);
  // Undo changes the value from outside: the draft then belongs to another number.
  const text = draft?.of === value ? draft.text : String(value);
  const isInvalid = parse(text) === undefined;
  return (
    <input
      className="hs-field hs-field--number"
      aria-label={label}
      aria-invalid={isInvalid}
      inputMode="decimal"
      value={text}
      onChange={(event) => {
        const next = parse(event.target.value);
        setDraft({ text: event.target.value, of: next ?? value });
        if (next !== undefined) onChange(next);
      }}
      onBlur={() => setDraft(undefined)}
    />
  );
}

function parse(text: string): number | undefined {
  const number = Number(text.replace(',', '.'));
  return text.trim() !== '' && Number.isFinite(number) && Math.abs(number) <= 1000 ? number : undefined;
}
