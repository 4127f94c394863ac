import type { LabWords } from '../../shared/view/lab/measures.ts';

interface WordsSelectProps<T extends string> {
  readonly label: string;
  readonly words: Readonly<Record<T, LabWords>>;
  readonly options: readonly T[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** Which number an axis shows. */
export function WordsSelect<T extends string>({ label, words, options, value, onChange }: WordsSelectProps<T>) {
  return (
    <label className="hs-effects__field" title={words[value].meaning}>
      <span>{label}</span>
      <select
        className="hs-select hs-effects__select"
        value={value}
        onChange={({ target }) => {
          const next = options.find((option) => option === target.value);
          if (next) onChange(next);
        }}
      >
        {options.map((option) => (
          <option key={option} value={option} title={words[option].meaning}>
            {words[option].name}
          </option>
        ))}
      </select>
    </label>
  );
}
