import { useId, useState } from 'react';

/** A number that a score or a probe set takes. */
export interface FormParameter {
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
  /** Null: follows from the prompt. */
  readonly default: number | null;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly choices?: readonly string[];
}

interface ParameterFormProps {
  readonly label: string;
  readonly parameters: readonly FormParameter[];
  /** Those that differ from the default. */
  readonly values: Readonly<Record<string, number>>;
  readonly onChange: (values: Readonly<Record<string, number>>) => void;
}

/** A field for each parameter, made from its definition. */
export function ParameterForm({ label, parameters, values, onChange }: ParameterFormProps) {
  const set = (id: string, value: number | undefined) => {
    const others = Object.entries(values).filter(([key]) => key !== id);
    onChange(Object.fromEntries(value === undefined ? others : [...others, [id, value]]));
  };
  return (
    <fieldset className="hs-parameters" aria-label={label}>
      {parameters.map((parameter) => (
        <ParameterField
          key={parameter.id}
          parameter={parameter}
          value={values[parameter.id]}
          onChange={(value) => set(parameter.id, value)}
        />
      ))}
    </fieldset>
  );
}

interface ParameterFieldProps {
  readonly parameter: FormParameter;
  /** Undefined: the default. */
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
}

function ParameterField({ parameter, value, onChange }: ParameterFieldProps) {
  const { name, meaning, choices } = parameter;
  const described = useId();
  const [draft, setDraft] = useState<string>();
  const shown = draft ?? (value === undefined ? '' : String(value));
  const isWrong = shown.trim() !== '' && readNumber(shown, parameter) === undefined;
  return (
    <div className="hs-parameters__row">
      <label className="hs-parameters__field">
        <span>{name}</span>
        {choices ? (
          <select
            className="hs-select"
            aria-describedby={described}
            value={value ?? parameter.default ?? 0}
            onChange={(event) => onChange(withoutDefault(Number(event.target.value), parameter))}
          >
            {choices.map((choice, index) => (
              <option key={choice} value={index}>
                {choice}
              </option>
            ))}
          </select>
        ) : (
          <input
            className="hs-field hs-field--number"
            aria-describedby={described}
            inputMode="decimal"
            placeholder={parameter.default === null ? 'auto' : String(parameter.default)}
            aria-invalid={isWrong}
            value={shown}
            onChange={(event) => setDraft(event.target.value)}
            // A whole new computation may follow, so not with every digit.
            onBlur={() => {
              setDraft(undefined);
              if (!isWrong && draft !== undefined) onChange(withoutDefault(readNumber(shown, parameter), parameter));
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur();
            }}
          />
        )}
      </label>
      <span id={described} className="hs-dim hs-small">
        {meaning}
        {choices ? '' : ` From ${parameter.min} to ${parameter.max.toLocaleString('en-US')}.`}
      </span>
    </div>
  );
}

function readNumber(text: string, { min, max, integer }: FormParameter): number | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text.replace(',', '.'));
  return number >= min && number <= max && (!integer || Number.isInteger(number)) ? number : undefined;
}

/** What is set to the default is not set at all: the same numbers are not computed twice. */
function withoutDefault(value: number | undefined, parameter: FormParameter): number | undefined {
  return value === parameter.default ? undefined : value;
}
