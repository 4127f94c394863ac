import { useId } from 'react';

interface SegmentedProps<T extends string> {
  /** Said by screen readers; the choices alone are seen. */
  readonly label: string;
  readonly options: readonly {
    readonly value: T;
    readonly label: string;
    readonly disabled?: boolean;
    readonly title?: string;
  }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** One of a few: radio buttons in a row. */
export function Segmented<T extends string>({ label, options, value, onChange }: SegmentedProps<T>) {
  const name = useId();
  return (
    <div className="hs-segmented" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} className="hs-segmented__option" title={option.title}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            disabled={option.disabled}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </div>
  );
}
