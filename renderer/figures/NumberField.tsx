import { useState } from 'react';

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
  const [draft, setDraft] = useState<string>();
  const text = draft ?? String(value);
  const read = (typed: string): number | undefined => {
    const number = Number(typed.replace(',', '.'));
    return typed.trim() !== '' && number >= min && number <= max ? number : undefined;
  };
  return (
    <span className="hs-figure__number">
      <input
        className="hs-field hs-field--number"
        aria-label={label}
        title={`From ${min} to ${max}.`}
        inputMode="decimal"
        aria-invalid={read(text) === undefined}
        value={text}
        onChange={(event) => {
          setDraft(event.target.value);
          const next = read(event.target.value);
          if (next !== undefined) onChange(next);
        }}
        onBlur={() => setDraft(undefined)}
      />
      <span className="hs-dim">{unit}</span>
    </span>
  );
}
