import { useId, useState, type KeyboardEvent } from 'react';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatCount } from '../../shared/view/map/format-value.ts';
import { listedRange, placeText, readGoTo } from './go-to.ts';
import './go-to.css';

export interface GoToFieldProps {
  readonly tokens: readonly TokenView[];
  /** `key` is undefined where only a query is meant. */
  readonly onGoTo: (query: number, key: number | undefined) => void;
}

/** A token index, a cell or text. Enter steps through the places, Shift and Enter back. */
export function GoToField({ tokens, onGoTo }: GoToFieldProps) {
  const id = useId();
  const [text, setText] = useState('');
  const [current, setCurrent] = useState(-1);
  const [open, setOpen] = useState(false);
  const read = readGoTo(text, tokens);
  const places = read.kind === 'places' ? read.places : [];
  const [first, end] = listedRange(places.length, current);
  const isListed = open && places.length > 0;

  const goTo = (place: number) => {
    const span = places[place];
    if (!span) return;
    setCurrent(place);
    // The last token of a place has read all of it.
    onGoTo(span.end - 1, undefined);
  };
  const step = (by: number) => {
    if (read.kind === 'cell') onGoTo(read.query, read.key);
    else if (places.length > 0) {
      const from = current < 0 && by < 0 ? 0 : current;
      goTo((from + by + places.length) % places.length);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    else if (event.key === 'ArrowDown') step(1);
    else if (event.key === 'ArrowUp') step(-1);
    else if (event.key === 'Escape') {
      if (open && text !== '') setOpen(false);
      else event.currentTarget.blur();
    } else return;
    if (event.key !== 'Escape') setOpen(true);
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      className="hs-goto"
      role="search"
      aria-label="Places on the map"
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <input
        data-map-goto
        type="text"
        role="combobox"
        aria-label="Go to a token, a cell or text"
        aria-expanded={isListed}
        aria-controls={`${id}-list`}
        aria-activedescendant={isListed && current >= 0 ? `${id}-${current}` : undefined}
        aria-autocomplete="list"
        aria-describedby={`${id}-count`}
        autoComplete="off"
        spellCheck={false}
        placeholder="Go to…"
        title="Token index (310), cell as query and key (310,24), or text of the prompt. Enter: next place, Shift Enter: previous (J)"
        value={text}
        onFocus={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value);
          setCurrent(-1);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
      />
      <span id={`${id}-count`} className="hs-goto__count" aria-live="polite">
        {places.length > 1 && `${current < 0 ? '' : `${formatCount(current + 1)} of `}${formatCount(places.length)}`}
      </span>
      {open && read.kind === 'refused' && <p className="hs-goto__list hs-goto__refused">{read.why}</p>}
      {isListed && (
        <ul id={`${id}-list`} className="hs-goto__list" role="listbox" aria-label="Places in the prompt">
          {places.slice(first, end).map((span, offset) => {
            const place = first + offset;
            const { before, match, after } = placeText(span, tokens);
            return (
              <li
                key={span.start}
                id={`${id}-${place}`}
                role="option"
                aria-selected={place === current}
                ref={place === current ? (item) => item?.scrollIntoView({ block: 'nearest' }) : undefined}
                onPointerDown={(event) => {
                  // The field keeps the focus, so that Enter goes on from here.
                  event.preventDefault();
                  goTo(place);
                }}
              >
                <span className="hs-goto__index">{formatCount(span.end - 1)}</span>
                <span className="hs-ellipsis">
                  {before}
                  <mark>{match}</mark>
                  {after}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
