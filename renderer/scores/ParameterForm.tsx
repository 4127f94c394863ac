import { useId, useState } from 'react';
import { Button } from '../components/Button.tsx';
import { useFieldProblem } from '../components/field-problems.tsx';
import { numberLimits, writtenNumber } from '../components/number-limits.ts';

/** A number that a score, a probe set or a method takes. */
export interface FormParameter {
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
  /** What it is where nothing is given. Null: follows from the prompt. */
  readonly default: number | null;
  /** Instead of the default, where there is more than one. */
  readonly shown?: string | undefined;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly choices?: readonly string[];
}

interface ParameterFormProps {
  readonly label: string;
  readonly parameters: readonly FormParameter[];
  /** Those that are given; one that is given stays so whatever its default is by now. */
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
  const [described, refused] = [useId(), useId()];
  const standard = choices?.[parameter.default ?? 0] ?? parameter.shown ?? String(parameter.default ?? 'auto');
  /** Undo and another prompt change the value from outside: the draft then belongs to another one. */
  const [draft, setDraft] = useState<{ readonly text: string; readonly of: number | undefined }>();
  const typed = draft && draft.of === value ? draft.text : undefined;
  const text = typed ?? (value === undefined ? '' : String(value));
  const isWrong = !choices && text.trim() !== '' && readNumber(text, parameter) === undefined;
  const allowed = numberLimits(parameter);
  useFieldProblem(isWrong ? `${name} cannot be “${text}”: ${allowed}.` : undefined);
  return (
    <div className="hs-parameters__row">
      <label className="hs-parameters__field">
        <span>{name}</span>
        {choices ? (
          <select
            className="hs-select"
            aria-describedby={described}
            value={value ?? parameter.default ?? 0}
            onChange={(event) => onChange(Number(event.target.value))}
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
            aria-describedby={isWrong ? `${refused} ${described}` : described}
            inputMode="decimal"
            placeholder={standard}
            aria-invalid={isWrong}
            value={text}
            onChange={({ target }) => setDraft({ text: target.value, of: value })}
            // A whole new computation may follow, so not with every digit.
            onBlur={() => {
              // What cannot be taken stays to be put right.
              if (isWrong) return;
              setDraft(undefined);
              if (typed !== undefined) onChange(readNumber(typed, parameter));
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur();
            }}
          />
        )}
      </label>
      {isWrong && (
        <span id={refused} className="hs-field-bad hs-small" role="alert">
          It takes {allowed}. It is still {value ?? standard}.
        </span>
      )}
      <span className="hs-dim hs-small">
        <span id={described}>
          {meaning}
          {choices ? '' : ` From ${writtenNumber(parameter.min)} to ${writtenNumber(parameter.max)}.`}
        </span>
        {value !== undefined && (
          <Button
            small
            className="hs-parameters__default"
            aria-label={`Default of ${name}: ${standard}`}
            title={`As where nothing is given: ${standard}`}
            onClick={() => {
              setDraft(undefined);
              onChange(undefined);
            }}
          >
            Default
          </Button>
        )}
      </span>
    </div>
  );
}

function readNumber(text: string, { min, max, integer }: FormParameter): number | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text.replace(',', '.'));
  return number >= min && number <= max && (!integer || Number.isInteger(number)) ? number : undefined;
}
