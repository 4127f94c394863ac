import { useId, useState } from 'react';
import type { SinkRule } from '../../shared/view/map/sink-keys.ts';
import { MOST_SINK_KEYS, readSinkKeys } from '../../shared/view/map/sink-keys.ts';

export interface SinkChooserProps {
  readonly rule: SinkRule;
  /** By the rule, now. */
  readonly keys: readonly number[];
  readonly onChoose: (rule: SinkRule, keys: readonly number[]) => void;
}

const RULES: readonly (readonly [SinkRule, string])[] = [
  ['first', 'key 0'],
  ['found', 'the largest column means above 0.3'],
  ['chosen', 'these keys'],
];

/** Which keys count as sinks, and stand as strips beside the map: a small sheet that opens under its button. */
export function SinkChooser({ rule, keys, onChoose }: SinkChooserProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState<string>();
  const typed = text ?? keys.join(', ');
  const isWrong = readSinkKeys(typed) === undefined;
  return (
    <span
      className="hs-sinks"
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        setOpen(false);
        event.stopPropagation();
        event.currentTarget.querySelector('button')?.focus();
      }}
    >
      <button
        type="button"
        aria-label="Sink columns"
        aria-expanded={open}
        aria-controls={`${id}-sheet`}
        title="Which keys count as sinks"
        onClick={() => setOpen(!open)}
      >
        ▾
      </button>
      {open && (
        <fieldset id={`${id}-sheet`} className="hs-sinks__sheet">
          <legend>Sink keys</legend>
          {RULES.map(([value, label]) => (
            <label key={value}>
              <input
                type="radio"
                name={id}
                checked={rule === value}
                onChange={() => onChoose(value, readSinkKeys(typed) ?? keys)}
              />
              {label}
            </label>
          ))}
          <input
            type="text"
            aria-label="Keys of the strips"
            aria-invalid={isWrong}
            aria-describedby={`${id}-note`}
            spellCheck={false}
            value={typed}
            onChange={({ target }) => {
              setText(target.value);
              const read = readSinkKeys(target.value);
              if (read) onChoose('chosen', read);
            }}
            onBlur={() => setText(undefined)}
          />
          <p id={`${id}-note`}>
            {isWrong
              ? `Up to ${MOST_SINK_KEYS} token indices, as in “0, 13”.`
              : 'K adds or takes out the pinned token.'}
          </p>
        </fieldset>
      )}
    </span>
  );
}
