import { readNumber, useNumberDraft } from '../components/use-number-draft.ts';

interface NumberSettingProps {
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number with its name on one line. */
export function NumberSetting({ label, title, value, min, max, integer = true, onChange }: NumberSettingProps) {
  const read = (typed: string) => {
    const number = readNumber(typed, min, max);
    return number !== undefined && (!integer || Number.isInteger(number)) ? number : undefined;
  };
  const { text, isInvalid, ...handlers } = useNumberDraft(value, read, onChange);
  return (
    <label className="hs-effects__field" title={title}>
      <span>{label}</span>
      <input
        className="hs-field hs-field--number"
        inputMode="decimal"
        aria-invalid={isInvalid}
        value={text}
        {...handlers}
      />
    </label>
  );
}
