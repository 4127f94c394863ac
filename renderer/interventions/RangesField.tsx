import { useState } from 'react';
import { formatRanges, parseRanges, type PositionRange } from '../../shared/model/position-ranges.ts';
import { rangesText, type RangeChoice } from './range-choices.ts';

interface RangesFieldProps {
  readonly label: string;
  /** What it is for. */
  readonly title: string;
  /** What stands there without any: `all`. */
  readonly none: string;
  readonly ranges: readonly PositionRange[] | undefined;
  readonly choices: readonly RangeChoice[];
  readonly onChange: (ranges: PositionRange[] | undefined) => void;
}

/** Positions: all, what is marked on screen, or typed. */
export function RangesField({ label, title, none, ranges, choices, onChange }: RangesFieldProps) {
  const [draft, setDraft] = useState<string>();
  const typed = ranges ? formatRanges(ranges) : '';
  const shown = draft ?? typed;
  const isInvalid = shown.trim() !== '' && parseRanges(shown) === undefined;
  const take = () => {
    setDraft(undefined);
    if (draft === undefined || isInvalid || draft.trim() === typed) return;
    onChange(draft.trim() === '' ? undefined : parseRanges(draft));
  };
  const names = ranges?.flatMap(({ name }) => (name === undefined ? [] : [`“${name}”`])) ?? [];
  return (
    <div className="hs-entry__field">
      <span className="hs-entry__label" title={title}>
        {label}
      </span>
      <input
        className="hs-field hs-mono hs-entry__ranges"
        aria-label={`${label}, positions`}
        aria-invalid={isInvalid}
        title="3, 3:7 (3 to 6) or 3:7+12; empty: all"
        placeholder={none}
        spellCheck={false}
        value={shown}
        onChange={({ target }) => setDraft(target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
      <select
        className="hs-select"
        aria-label={`${label}, taken from`}
        value=""
        onChange={({ target }) => onChange(choices[Number(target.value)]?.ranges)}
      >
        <option value="" disabled>
          take from…
        </option>
        <option value="-1">{none}</option>
        {choices.map(({ name, ranges: own }, at) => (
          <option key={name} value={at}>
            {name}: {rangesText(own)}
          </option>
        ))}
      </select>
      {names.length > 0 && <span className="hs-dim hs-ellipsis">{names.join(', ')}</span>}
      {choices.length === 0 && (
        <span className="hs-dim hs-small">
          Pin a token, draw a rectangle on the map or fold a span to take it over.
        </span>
      )}
    </div>
  );
}
