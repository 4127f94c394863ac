import { useId } from 'react';
import type { Change } from '../../shared/model/effect.ts';
import {
  INTERVENTION_KINDS,
  interventionKind,
  type InterventionKindId,
} from '../../shared/model/intervention-kinds/index.ts';
import type { InterventionParameter } from '../../shared/model/intervention-kinds/kind.ts';
import { parameterOf } from '../../shared/model/intervention.ts';
import { formatRanges, parseRanges, type PositionRange } from '../../shared/model/position-ranges.ts';
import type { PlaceKind } from '../../shared/model/place.ts';
import { formatSourceText, readSourceText } from './source-text.ts';
import { DraftField } from '../components/DraftField.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';

interface ChangeFormProps {
  readonly change: Change;
  /** Kinds that can be done there. */
  readonly places: PlaceKind;
  readonly onChange: (change: Change) => void;
}

const PARTS = [
  { part: 'z', name: 'Output z' },
  { part: 'pattern', name: 'Pattern' },
  { part: 'values', name: 'Values' },
  { part: 'residual', name: 'Residual' },
] as const;

/** What is done to the heads, with everything that the kind takes but the place. */
export function ChangeForm({ change, places, onChange }: ChangeFormProps) {
  const kind = interventionKind(change.what);
  const described = useId();
  const set = (part: Partial<Change>) => onChange({ ...change, ...part });
  return (
    <>
      <label className="hs-effects__field">
        <span>Do</span>
        <select
          className="hs-select hs-effects__select"
          aria-describedby={described}
          title={kind.definition}
          value={change.what}
          // The parameters of another kind mean something else.
          onChange={({ target }) => onChange({ what: target.value as InterventionKindId })}
        >
          {PARTS.map(({ part, name }) => (
            <optgroup key={part} label={name}>
              {INTERVENTION_KINDS.filter((one) => one.part === part && one.places.includes(places)).map((one) => (
                <option key={one.id} value={one.id} title={one.definition}>
                  {one.name}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
        <span id={described} className="hs-visually-hidden">
          {kind.definition}
        </span>
      </label>
      {kind.parameters.map((parameter) => (
        <ParameterSetting
          key={`${change.what} ${parameter.id}`}
          parameter={parameter}
          value={parameterOf(change, parameter.id)}
          onChange={(value) => set({ parameters: { ...change.parameters, [parameter.id]: value } })}
        />
      ))}
      {kind.rows && (
        <RangeSetting
          key={`${change.what} rows`}
          label="rows"
          title="Query positions at which it is done: 3:7 is 3 to 6, several joined by +. Empty: all."
          value={change.rows}
          onChange={(rows) => onChange(withOptional(change, 'rows', rows))}
        />
      )}
      {kind.keys !== 'none' && (
        <RangeSetting
          key={`${change.what} keys`}
          label="keys"
          title={`Key positions: 0:4 is 0 to 3, several joined by +.${kind.keys === 'optional' ? ' Empty: those that the kind finds.' : ''}`}
          value={change.keys}
          required={kind.keys === 'required'}
          onChange={(keys) => onChange(withOptional(change, 'keys', keys))}
        />
      )}
      {kind.sources !== 'none' && (
        <SourceSetting
          key={`${change.what} source`}
          required={kind.sources !== 'optional'}
          change={change}
          onChange={(source) => onChange(withOptional(change, 'source', source))}
        />
      )}
      {kind.caution !== undefined && <span className="hs-effects__caution">{kind.caution}</span>}
    </>
  );
}

/** Fields that are not there rather than empty: requests are compared as text. */
function withOptional<K extends 'rows' | 'keys' | 'source'>(change: Change, key: K, value: Change[K]): Change {
  const others = Object.fromEntries(Object.entries(change).filter(([name]) => name !== key)) as Change;
  return value === undefined ? others : { ...others, [key]: value };
}

interface ParameterSettingProps {
  readonly parameter: InterventionParameter;
  readonly value: number | string;
  readonly onChange: (value: number | string) => void;
}

function ParameterSetting({ parameter, value, onChange }: ParameterSettingProps) {
  const { name, meaning } = parameter;
  if (parameter.type === 'number') {
    const { min, max, integer } = parameter;
    return (
      <NumberSetting
        label={name.toLowerCase()}
        title={meaning}
        value={Number(value)}
        min={min}
        max={max}
        integer={integer}
        onChange={onChange}
      />
    );
  }
  return (
    <label className="hs-effects__field" title={meaning}>
      <span>{name.toLowerCase()}</span>
      <select className="hs-select hs-effects__select" value={value} onChange={({ target }) => onChange(target.value)}>
        {parameter.choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface RangeSettingProps {
  readonly label: string;
  readonly title: string;
  readonly value: readonly PositionRange[] | undefined;
  readonly required?: boolean;
  readonly onChange: (value: PositionRange[] | undefined) => void;
}

function RangeSetting({ label, title, value, required = false, onChange }: RangeSettingProps) {
  const write = (ranges: readonly PositionRange[]) => (ranges.length === 0 ? '' : formatRanges(ranges));
  const written = write(value ?? []);
  return (
    <DraftField
      label={label}
      title={title}
      value={value ?? []}
      read={(text) => (text.trim() !== '' ? parseRanges(text) : required ? undefined : [])}
      write={write}
      allowed="positions as 0:4 or 7, several joined by +"
      kept={written === '' ? (required ? 'empty' : 'all') : written}
      inputClass="hs-effects__list"
      placeholder={required ? '0:4' : 'all'}
      onChange={(ranges) => onChange(ranges.length === 0 ? undefined : [...ranges])}
    />
  );
}

interface SourceSettingProps {
  readonly change: Change;
  readonly required: boolean;
  readonly onChange: (source: Change['source']) => void;
}

function SourceSetting({ change, required, onChange }: SourceSettingProps) {
  const none = required ? 'empty' : 'this prompt';
  const read = (text: string) => {
    if (text.trim() === '') return required ? undefined : { source: undefined };
    const source = readSourceText(text);
    return source && { source };
  };
  return (
    <DraftField<Pick<Change, 'source'>>
      label="from"
      title="Other prompts: samples of a task with their seed (needle*16/0), or token ids (17 4 99; several prompts divided by ;)."
      value={change}
      read={read}
      write={({ source }) => formatSourceText(source)}
      allowed="samples of a task as needle*16/0, or token ids as 17 4 99"
      kept={change.source ? formatSourceText(change.source) : none}
      inputClass="hs-effects__source"
      placeholder={required ? 'needle*16/0' : none}
      onChange={({ source }) => onChange(source)}
    />
  );
}
