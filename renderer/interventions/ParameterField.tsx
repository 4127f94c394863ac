import { parameterOf, type Intervention } from '../../shared/model/intervention.ts';
import type { InterventionParameter, NumberParameter } from '../../shared/model/intervention-kinds/kind.ts';
import { readNumber, useNumberDraft } from '../components/use-number-draft.ts';
import { withParameter } from './set-parameter.ts';

interface ParameterFieldProps {
  readonly entry: Intervention;
  /** Name of its place, for whoever cannot see the row. */
  readonly of: string;
  readonly parameter: InterventionParameter;
  /** `merge`: part of one gesture, such as typing or dragging. */
  readonly onChange: (next: Intervention, merge: boolean) => void;
}

/** One parameter of an entry: a list of choices, or a number with a slider where there is a usual range. */
export function ParameterField({ entry, of, parameter, onChange }: ParameterFieldProps) {
  const value = parameterOf(entry, parameter.id);
  const label = `${parameter.name} of ${of}`;
  return (
    <label className="hs-entry__parameter" title={parameter.meaning}>
      <span>{parameter.name.toLowerCase()}</span>
      {parameter.type === 'choice' ? (
        <select
          className="hs-select"
          aria-label={label}
          value={String(value)}
          onChange={({ target }) => onChange(withParameter(entry, parameter, target.value), false)}
        >
          {parameter.choices.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <NumberInput
          label={label}
          parameter={parameter}
          value={Number(value)}
          onChange={(next) => onChange(withParameter(entry, parameter, next), true)}
        />
      )}
    </label>
  );
}

interface NumberInputProps {
  readonly label: string;
  readonly parameter: NumberParameter;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** Steps of a slider over its range. */
const STEPS = 60;

function NumberInput({ label, parameter, value, onChange }: NumberInputProps) {
  const { min, max, integer, usual } = parameter;
  const read = (typed: string) => {
    const number = readNumber(typed, min, max);
    return number !== undefined && integer && !Number.isInteger(number) ? undefined : number;
  };
  const { text, isInvalid, ...handlers } = useNumberDraft(value, read, onChange);
  return (
    <>
      {usual && (
        <input
          type="range"
          className="hs-entry__slider"
          aria-label={`${label}, slider`}
          min={usual[0]}
          max={usual[1]}
          step={(usual[1] - usual[0]) / STEPS}
          value={value}
          onChange={({ target }) => onChange(Number(Number(target.value).toPrecision(6)))}
        />
      )}
      <input
        className="hs-field hs-field--number"
        aria-label={label}
        aria-invalid={isInvalid}
        inputMode={integer ? 'numeric' : 'decimal'}
        value={text}
        {...handlers}
      />
    </>
  );
}
