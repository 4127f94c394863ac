import { useNumberDraft } from '../components/use-number-draft.ts';

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
  const read = (typed: string) => {
    const number = Number(typed);
    return typed.trim() !== '' && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
  };
  const { text, isInvalid, ...handlers } = useNumberDraft(value, read, onChange);
  return (
    <label className="hs-parameters__field" title={title}>
      <span>{label}</span>
      <input
        className="hs-field hs-field--number"
        inputMode="numeric"
        aria-invalid={isInvalid}
        value={text}
        {...handlers}
      />
    </label>
  );
}
