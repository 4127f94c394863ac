import { useRef, useState } from 'react';
import type { MethodInfo } from '../../shared/model/method.ts';
import type { MethodSizes } from '../../shared/model/method-parameters.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { choiceName, looksOf, seriesKey } from '../../shared/view/lab/series.ts';
import { useApp } from '../app/app-context.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { Switch } from '../components/Switch.tsx';
import type { LabEntry, LabSettings } from '../state/lab-state.ts';
import { BudgetField } from './BudgetField.tsx';
import { ownChoices } from './lab-requests.ts';
import { MethodParameterForm } from './MethodParameterForm.tsx';
import { writeBudgets } from './read-budgets.ts';
import { SeriesMark } from './SeriesMark.tsx';
import './lab-forms.css';

const MOST_ENTRIES = 64;

interface MethodListProps {
  readonly methods: readonly MethodInfo[];
  readonly settings: Pick<LabSettings, 'entries' | 'budgets'>;
  /** Of this prompt and model, for what published defaults become. */
  readonly sizes: MethodSizes;
}

/** The methods that are compared: added, taken off, doubled, each with its parameters and budgets. */
export function MethodList({ methods, settings, sizes }: MethodListProps) {
  const { session } = useApp();
  const { entries, budgets } = settings;
  /** By its method too: undo may bring another one to its place. */
  const [open, setOpen] = useState<{ readonly at: number; readonly method: string }>();
  /** Why nothing was added to this list. */
  const [refused, setRefused] = useState<{ readonly of: readonly LabEntry[]; readonly why: string }>();
  const listRef = useRef<HTMLUListElement>(null);
  const own = ownChoices(settings, methods);
  const looks = looksOf(entries);
  const set = (next: readonly LabEntry[], gesture?: string) => session.lab.set({ entries: next }, gesture);
  const replace = (at: number, entry: LabEntry, gesture?: string) => {
    const next = entries.map((one, index) => (index === at ? entry : one));
    set(next, gesture && `${gesture}-${at}`);
  };

  const add = (method: string) => {
    const next = [...entries, { method, parameters: {}, budgets: null }];
    if (ownChoices({ entries: next, budgets }, methods).at(-1)!.length > 0) {
      set(next);
      return;
    }
    const at = entries.findIndex((entry) => seriesKey(entry) === seriesKey({ method, parameters: {} }));
    const name = methods.find(({ id }) => id === method)?.name ?? method;
    setRefused({ of: entries, why: `${name} is on the list already, with the same parameters and budgets.` });
    listRef.current?.querySelectorAll<HTMLElement>('.hs-lab__entry-head > .hs-lab__name')[at]?.focus();
  };

  return (
    <div className="hs-lab__methods">
      <ul ref={listRef} aria-label="Methods that are compared">
        {entries.map((entry, at) => {
          const info = methods.find(({ id }) => id === entry.method);
          const name = choiceName(entry, info);
          const isOpen = open?.at === at && open.method === entry.method;
          return (
            <li key={`${at} ${entry.method}`} className="hs-lab__entry">
              <div className="hs-lab__entry-head">
                <SeriesMark look={looks.get(seriesKey(entry))!} />
                <button
                  type="button"
                  className="hs-lab__name"
                  aria-expanded={isOpen}
                  title={info ? `${info.definition} ${info.source}` : undefined}
                  onClick={() => setOpen(isOpen ? undefined : { at, method: entry.method })}
                >
                  {name}
                </button>
                <span className="hs-dim hs-small">{budgetsOf(entry, info)}</span>
                <span className="hs-lab__entry-side">
                  {info && info.badge !== 'exact' && <Badge badge={info.badge} />}
                  <Button
                    small
                    icon
                    look="quiet"
                    aria-label={`Once more: ${name}`}
                    title={
                      canDiffer(info)
                        ? `Once more, for other parameters or budgets: ${name}`
                        : 'It takes no parameters and no budget: it would be the same twice.'
                    }
                    disabled={entries.length >= MOST_ENTRIES || !canDiffer(info)}
                    onClick={() => {
                      set([...entries.slice(0, at + 1), entry, ...entries.slice(at + 1)]);
                      setOpen({ at: at + 1, method: entry.method });
                    }}
                  >
                    +
                  </Button>
                  <Button
                    small
                    icon
                    look="quiet"
                    aria-label={`Take off the list: ${name}`}
                    onClick={() => {
                      set(entries.filter((_, index) => index !== at));
                      setOpen(undefined);
                    }}
                  >
                    ×
                  </Button>
                </span>
              </div>
              {own[at]!.length === 0 && (
                <p className="hs-lab__double hs-small" role="note">
                  The same as above: it is not computed twice. Change its parameters or its budgets, or take it off.
                </p>
              )}
              {isOpen && info && (
                <EntryForm
                  info={info}
                  entry={entry}
                  common={budgets}
                  sizes={sizes}
                  onChange={(next, gesture) => replace(at, next, gesture)}
                />
              )}
            </li>
          );
        })}
      </ul>
      <label className="hs-effects__field">
        <span>add</span>
        <select
          className="hs-select hs-effects__select"
          value=""
          disabled={entries.length >= MOST_ENTRIES}
          onChange={({ target }) => {
            if (target.value !== '') add(target.value);
          }}
        >
          <option value="">a method…</option>
          {methods.map(({ id, name, definition }) => (
            <option key={id} value={id} title={definition}>
              {name}
            </option>
          ))}
        </select>
        {refused?.of === entries && (
          <span className="hs-lab__double hs-small" role="status">
            {refused.why}
          </span>
        )}
      </label>
    </div>
  );
}

interface EntryFormProps {
  readonly info: MethodInfo;
  readonly entry: LabEntry;
  readonly common: LabSettings['budgets'];
  readonly sizes: MethodSizes;
  /** `gesture`: changes of the same one are undone at once. */
  readonly onChange: (entry: LabEntry, gesture?: string) => void;
}

/** Definition, budgets and parameters of one method. */
function EntryForm({ info, entry, common, sizes, onChange }: EntryFormProps) {
  const own = entry.budgets !== null;
  return (
    <div className="hs-lab__form">
      <p className="hs-dim hs-small">
        {info.definition} <cite>{info.source}</cite>
      </p>
      {info.budget ? (
        <div className="hs-effects__form">
          <Switch
            label="budgets of its own"
            checked={own}
            onChange={(checked) => onChange({ ...entry, budgets: checked ? common : null })}
          />
          {own && (
            <BudgetField
              label="budgets"
              title={`${info.budget.meaning} Empty: as published, scaled to the prompt.`}
              placeholder="as published, scaled"
              value={entry.budgets}
              onChange={(budgets) => onChange({ ...entry, budgets }, 'budgets')}
            />
          )}
          <span className="hs-dim hs-small">
            {info.budget.meaning} Published:{' '}
            {info.budget.default === null ? 'as the parameters say' : `${formatNumber(info.budget.default)} keys`} (
            {info.budget.source}).
          </span>
        </div>
      ) : (
        <p className="hs-dim hs-small">It takes no budget.</p>
      )}
      <MethodParameterForm
        info={info}
        sizes={sizes}
        budgets={info.budget === null ? [] : (entry.budgets ?? common)}
        given={entry.parameters}
        onChange={(parameters) => onChange({ ...entry, parameters })}
      />
      {info.notes.length > 0 && <p className="hs-dim hs-small">{info.notes.join(' ')}</p>}
    </div>
  );
}

/** Whether a second one could be another than the first. */
function canDiffer(info: MethodInfo | undefined): boolean {
  return info === undefined || info.budget !== null || info.parameters.length > 0;
}

function budgetsOf({ budgets }: LabEntry, info: MethodInfo | undefined): string {
  if (info?.budget === null) return 'no budget';
  if (budgets === null) return '';
  return budgets.length === 0 ? 'as published, scaled' : writeBudgets(budgets);
}
