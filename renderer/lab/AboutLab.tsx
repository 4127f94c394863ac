import type { LabRecord } from '../../shared/model/lab.ts';
import { aboutLabText, FIDELITY_WORDS } from '../../shared/view/lab/about-text.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { patch } from '../state/store.ts';
import { notesOf } from './notes-of.ts';

/** Over a comparison: what it is of, and what can be looked at next. */
export function AboutLab({ record }: { readonly record: LabRecord }) {
  const { store } = useApp();
  const chosen = useAppState(({ lab }) => lab.row);
  const hasTrace = typeof record.rows[chosen]?.result?.trace === 'string';
  const notes = notesOf(record.rows);
  return (
    <header className="hs-effects__about">
      <div className="hs-effects__heading">
        <h3>Methods by budgets</h3>
        <Badge badge={FIDELITY_WORDS[record.about.fidelity].name} />
        <Button
          small
          look="quiet"
          disabled={!hasTrace}
          title="Of the chosen row"
          onClick={() => patch(store, 'lab', { shown: 'kept' })}
        >
          Kept keys
        </Button>
        <Button
          small
          look="quiet"
          title="Side by side, of the selected head"
          onClick={() => patch(store, 'lab', { shown: 'maps' })}
        >
          Maps
        </Button>
      </div>
      <p className="hs-dim hs-small">{aboutLabText(record.about)}</p>
      {notes.length > 0 && (
        <details className="hs-lab__notes hs-dim hs-small">
          <summary>What to know of these numbers ({notes.length})</summary>
          <ul>
            {notes.map(({ note, rows }) => (
              <li key={note}>
                {rows && `${rows}: `}
                {note}
              </li>
            ))}
          </ul>
        </details>
      )}
    </header>
  );
}
