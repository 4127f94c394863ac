import { useState } from 'react';
import { readNumbers } from './read-numbers.ts';

interface ListSettingProps {
  readonly label: string;
  readonly title: string;
  readonly value: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** Whether there may be none. */
  readonly empty?: boolean;
  readonly placeholder?: string;
  readonly onChange: (value: readonly number[]) => void;
}

/** Several numbers in one field: `256, 512`. What is typed stays until it can be read. */
export function ListSetting(props: ListSettingProps) {
  const { label, title, value, min, max, integer = true, empty = false, placeholder, onChange } = props;
  const [draft, setDraft] = useState<string>();
  const text = draft ?? value.join(', ');
  const read = readNumbers(text, { min, max, integer });
  const isWrong = read === undefined || (read.length === 0 && !empty);
  return (
    <label className="hs-effects__field" title={title}>
      <span>{label}</span>
      <input
        className="hs-field hs-effects__list"
        inputMode="decimal"
        aria-invalid={isWrong}
        placeholder={placeholder}
        value={text}
        onChange={({ target }) => {
          setDraft(target.value);
          const next = readNumbers(target.value, { min, max, integer });
          if (next && (next.length > 0 || empty)) onChange(next);
        }}
        onBlur={() => setDraft(undefined)}
      />
    </label>
  );
}
