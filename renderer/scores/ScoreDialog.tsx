/** The one place to choose scores from: all of them by group and origin, each with its definition beside it. */
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { classNames } from '../base/class-names.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { Message } from '../components/Message.tsx';
import { MOST_GLYPHS } from '../state/scores-state.ts';
import { patch, type AppState } from '../state/store.ts';
import type { ScoreTarget } from '../state/ui-state.ts';
import { ImportButton } from './ImportButton.tsx';
import { ScoreDefinition } from './ScoreDefinition.tsx';
import { chooseEntry, entryName, GROUP_NAMES, type ScoreEntry } from './score-entries.ts';
import { useScores } from './use-scores.ts';
import './scores.css';

const TITLES: Readonly<Record<ScoreTarget, string>> = {
  atlas: 'Score of the atlas',
  glyphs: `Bars in the cells, up to ${MOST_GLYPHS}`,
  columns: 'Columns of the list',
  x: 'Score across the scatter',
  y: 'Score up the scatter',
};
const STATUS_WORDS: Readonly<Record<ScoreEntry['status'], string>> = {
  ready: '',
  computable: 'compute',
  coming: 'computing…',
  'not-here': 'n/a',
};

export function ScoreDialog() {
  const { store, session } = useApp();
  const target = useAppState(({ ui }) => ui.scoreTarget);
  const chosen = useAppState((state) => chosenOf(state, target));
  const { entries, furtherError } = useScores();
  const [query, setQuery] = useState('');
  const first = target === 'atlas' ? chooseEntry(entries, chosen[0])?.key : chosen[0];
  const [activeKey, setActiveKey] = useState(first);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();

  const found = useMemo(() => matching(entries, query), [entries, query]);
  const at = Math.max(
    0,
    found.findIndex(({ key }) => key === activeKey),
  );
  const active = found[at];
  const isMany = target === 'glyphs' || target === 'columns';
  const close = () => patch(store, 'ui', { dialog: undefined });

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at, found]);

  function choose(entry: ScoreEntry): void {
    setActiveKey(entry.key);
    if (entry.status !== 'ready') return;
    setChosen(store, target, toggled(chosen, entry.key, isMany, target === 'glyphs' ? MOST_GLYPHS : Infinity));
    if (!isMany) close();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setActiveKey(found[Math.max(0, Math.min(found.length - 1, at + step))]?.key);
    } else if (event.key === 'Enter' && active) {
      event.preventDefault();
      choose(active);
    }
  }

  return (
    <Dialog title={TITLES[target]} wide onClose={close}>
      <div className="hs-scores-dialog">
        <div className="hs-scores-dialog__left">
          <input
            className="hs-field"
            data-autofocus
            role="combobox"
            aria-label="Find a score"
            aria-expanded="true"
            aria-controls={listId}
            aria-activedescendant={active ? `${listId}-${at}` : undefined}
            placeholder="Find by name, group or origin"
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setActiveKey(undefined);
            }}
            onKeyDown={onKeyDown}
          />
          <div
            className="hs-options hs-scores-dialog__list"
            role="listbox"
            id={listId}
            aria-label="Scores"
            aria-multiselectable={isMany}
            ref={list}
          >
            {found.map((entry, index) => (
              <div key={entry.key} role="presentation">
                {sectionOf(entry) !== sectionOf(found[index - 1]) && (
                  <div className="hs-scores-dialog__section" role="presentation">
                    {sectionOf(entry)}
                  </div>
                )}
                <div
                  id={`${listId}-${index}`}
                  role="option"
                  aria-selected={isMany ? chosen.includes(entry.key) : index === at}
                  className={classNames(
                    'hs-options__item',
                    index === at && 'hs-options__item--active',
                    entry.status === 'not-here' && 'hs-scores-dialog__absent',
                  )}
                  title={entry.reason}
                  onClick={() => setActiveKey(entry.key)}
                  onDoubleClick={() => choose(entry)}
                >
                  <span>
                    {isMany && <span aria-hidden="true">{chosen.includes(entry.key) ? '☑ ' : '☐ '}</span>}
                    {entry.info.name}
                  </span>
                  <span className="hs-options__detail">{STATUS_WORDS[entry.status] || entry.info.unit}</span>
                </div>
              </div>
            ))}
            {found.length === 0 && <p className="hs-dim">No score has that name.</p>}
          </div>
          <div className="hs-scores-dialog__more">
            <Button small onClick={() => patch(store, 'ui', { dialog: 'probe' })}>
              Run a probe set…
            </Button>
            <ImportButton onImported={(key) => setActiveKey(key)} />
          </div>
        </div>
        <div className="hs-scores-dialog__right">
          {furtherError && (
            <Message bad text={furtherError.error.message} hint={furtherError.error.hint}>
              <Button small onClick={() => session.retry(furtherError.key)}>
                Try again
              </Button>
            </Message>
          )}
          {active && (
            <>
              <header className="hs-scores-dialog__heading">
                <h3>{entryName(active)}</h3>
                <Badge badge={active.info.badge} />
                {active.status === 'ready' && (
                  <Button look="primary" onClick={() => choose(active)}>
                    {isMany ? (chosen.includes(active.key) ? 'Take out' : 'Add') : 'Show'}
                  </Button>
                )}
              </header>
              <ScoreDefinition entry={active} />
            </>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function chosenOf({ view, scores }: AppState, target: ScoreTarget): readonly string[] {
  switch (target) {
    case 'atlas':
      return keysOf(view.scoreId);
    case 'glyphs':
      return scores.glyphs;
    case 'columns':
      return scores.columns ?? NONE;
    case 'x':
    case 'y':
      return keysOf(scores.scatter[target]);
  }
}

const NONE: readonly string[] = [];
const single = new Map<string, readonly string[]>();

/** The same array for the same key, as selectors need it. */
function keysOf(key: string | undefined): readonly string[] {
  if (key === undefined) return NONE;
  const known = single.get(key) ?? [key];
  single.set(key, known);
  return known;
}

function setChosen(store: ReturnType<typeof useApp>['store'], target: ScoreTarget, keys: readonly string[]): void {
  const [key] = keys;
  const { scatter } = store.getState().scores;
  switch (target) {
    case 'atlas':
      patch(store, 'view', { scoreId: key, sortBy: key });
      return;
    case 'glyphs':
      patch(store, 'scores', { glyphs: keys });
      return;
    case 'columns':
      patch(store, 'scores', { columns: keys });
      return;
    case 'x':
    case 'y':
      patch(store, 'scores', { scatter: { ...scatter, [target]: key } });
  }
}

/** Of one choice the new one; of many with or without it, the oldest giving way past the most. */
function toggled(chosen: readonly string[], key: string, isMany: boolean, most: number): readonly string[] {
  if (!isMany) return [key];
  return chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key].slice(-most);
}

function sectionOf(entry: ScoreEntry | undefined): string | undefined {
  if (!entry) return undefined;
  return entry.origin ? `${entry.origin.name} (${entry.origin.detail})` : GROUP_NAMES[entry.info.group];
}

function matching(entries: readonly ScoreEntry[], query: string): readonly ScoreEntry[] {
  const words = query.trim().toLowerCase().split(/\s+/);
  const groups = Object.keys(GROUP_NAMES);
  const place = ({ origin, info }: ScoreEntry) => (origin ? groups.length : groups.indexOf(info.group));
  return entries
    .filter((entry) => {
      const text = `${entry.info.name} ${entry.info.id} ${entry.info.unit} ${sectionOf(entry)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => place(a) - place(b));
}
