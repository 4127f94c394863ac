import { useState } from 'react';

interface SettingNumberProps {
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

/** A whole number with its name. What is typed stays until it is one within the limits. */
export function SettingNumber({ label, title, value, min, max, onChange }: SettingNumberProps) {
  const [draft, setDraft] = useState<string>();
  const text = draft ?? String(value);
  const read = (typed: string) => {
    const number = Number(typed);
    return typed.trim() !== '' && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
  };
  return (
    <label className="hs-parameters__field" title={title}>
      <span>{label}</span>
      <input
        className="hs-field hs-field--number"
        inputMode="numeric"
        aria-invalid={read(text) === undefined}
        value={text}
        onChange={(event) => {
          setDraft(event.target.value);
          const next = read(event.target.value);
          if (next !== undefined) onChange(next);
        }}
        onBlur={() => setDraft(undefined)}
      />
    </label>
  );
}
