import type { KeyboardEvent } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { FieldProblemsProvider } from '../components/field-problems.tsx';
import { useScrollPlace } from '../components/use-scroll-place.ts';
import { KeptTab } from '../lab-kept/KeptTab.tsx';
import { MapsTab } from '../lab-maps/MapsTab.tsx';
import type { LabTab } from '../state/lab-state.ts';
import { patch } from '../state/store.ts';
import { CompareTab } from './CompareTab.tsx';
import { OtherPrompt } from './OtherPrompt.tsx';
import { TaskTab } from './TaskTab.tsx';
import { useLabRecord } from './use-lab-record.ts';
import './lab.css';

const TABS: readonly { readonly tab: LabTab; readonly name: string; readonly title: string }[] = [
  { tab: 'compare', name: 'Compare', title: 'Methods by budgets on this prompt: table and plot' },
  { tab: 'maps', name: 'Maps', title: 'Maps of the selected head side by side, dense and under methods' },
  { tab: 'kept', name: 'Kept keys', title: 'Which keys a method keeps, by head, query and key' },
  { tab: 'task', name: 'Tasks', title: 'Accuracy of methods on generated prompts with known answers' },
];

/** Sparse attention methods side by side on the prompt or on a task. */
export function LabPanel() {
  const { store } = useApp();
  const shown = useAppState(({ lab }) => lab.shown);
  const hasResult = useAppState(({ lab }) => lab.result !== undefined);
  const record = useLabRecord();
  const hasTask = useAppState(({ lab }) => lab.taskResult !== undefined);

  const scrollPlace = useScrollPlace(shown);

  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step === undefined ? undefined : TABS[TABS.findIndex(({ tab }) => tab === shown) + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    patch(store, 'lab', { shown: next.tab });
    document.getElementById(`lab-tab-${next.tab}`)?.focus();
  };

  return (
    <section className="hs-effects hs-lab" aria-label="Methods side by side">
      <div className="hs-effects__tabs" role="tablist" aria-label="Method lab">
        {TABS.map(({ tab, name, title }) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`lab-tab-${tab}`}
            className="hs-tab"
            title={title}
            aria-selected={tab === shown}
            aria-controls="lab-panel"
            tabIndex={tab === shown ? 0 : -1}
            onClick={() => patch(store, 'lab', { shown: tab })}
            onKeyDown={onKey}
          >
            {name}
            {(tab === 'task' ? hasTask : tab === 'compare' && hasResult) && (
              <span className="hs-effects__mark" title="There is a result">
                •
              </span>
            )}
          </button>
        ))}
      </div>
      {record && shown !== 'task' && <OtherPrompt about={record.about} />}
      <div
        className="hs-effects__body"
        role="tabpanel"
        id="lab-panel"
        aria-labelledby={`lab-tab-${shown}`}
        {...scrollPlace}
      >
        {/* Fields that hold what cannot be taken are gone with their tab. */}
        <FieldProblemsProvider>
          <LabTabBody shown={shown} />
        </FieldProblemsProvider>
      </div>
    </section>
  );
}

function LabTabBody({ shown }: { readonly shown: LabTab }) {
  switch (shown) {
    case 'compare':
      return <CompareTab />;
    case 'maps':
      return <MapsTab />;
    case 'kept':
      return <KeptTab />;
    case 'task':
      return <TaskTab />;
  }
}
