import { useId, useState } from 'react';
import { formatCount } from '../../shared/view/format.ts';
import { isAllowed, SETTING_LIMITS, type NumericSetting } from '../state/generation-state.ts';

interface SettingFieldProps {
  readonly setting: NumericSetting;
  readonly label: string;
  /** What it does. Its limits are added. */
  readonly title: string;
  readonly value: number | undefined;
  /** What an empty field means, where it may be empty. */
  readonly empty?: string;
  readonly onChange: (value: number | undefined) => void;
}

/** A number with its name above it. What is typed stays until it is a number within the limits. */
export function SettingField({ setting, label, title, value, empty, onChange }: SettingFieldProps) {
  const id = useId();
  const [draft, setDraft] = useState<{ readonly text: string; readonly of: number | undefined } | undefined>(undefined);
  const written = value === undefined ? '' : String(value);
  // Changed from elsewhere, as by a new seed: the draft then belongs to another number.
  const text = draft && draft.of === value ? draft.text : written;
  const { min, max, whole } = SETTING_LIMITS[setting];
  const limits = `${whole ? 'A whole number' : 'A number'} from ${plain(min)} to ${plain(max)}.`;

  function read(typed: string): { readonly value: number | undefined } | undefined {
    if (typed.trim() === '') return empty === undefined ? undefined : { value: undefined };
    const number = Number(typed.replace(',', '.'));
    return isAllowed(setting, number) ? { value: number } : undefined;
  }

  return (
    <div className="hs-setting">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="hs-field hs-field--number"
        inputMode={whole ? 'numeric' : 'decimal'}
        autoComplete="off"
        placeholder={empty}
        title={`${title} ${limits}`}
        aria-invalid={read(text) === undefined}
        value={text}
        onChange={(event) => {
          const next = read(event.target.value);
          setDraft({ text: event.target.value, of: next ? next.value : value });
          if (next) onChange(next.value);
        }}
        onBlur={() => setDraft(undefined)}
      />
    </div>
  );
}

function plain(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(value);
}
