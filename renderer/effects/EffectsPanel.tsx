import type { KeyboardEvent } from 'react';
import type { EffectKind } from '../../shared/model/effect-results.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { FieldProblemsProvider } from '../components/field-problems.tsx';
import { useScrollPlace } from '../components/use-scroll-place.ts';
import { patch } from '../state/store.ts';
import { CurveTab } from './CurveTab.tsx';
import { DoseTab } from './DoseTab.tsx';
import { GreedyTab } from './GreedyTab.tsx';
import { ImportanceTab } from './ImportanceTab.tsx';
import { KeysTab } from './KeysTab.tsx';
import { PatchingTab } from './PatchingTab.tsx';
import { PathsTab } from './PathsTab.tsx';
import { RandomTab } from './RandomTab.tsx';
import { SweepTab } from './SweepTab.tsx';
import './effects.css';

const TABS: readonly { readonly kind: EffectKind; readonly name: string; readonly title: string }[] = [
  { kind: 'sweep', name: 'Sweep', title: 'Every head alone' },
  { kind: 'greedy', name: 'Greedy', title: 'One head more at a time, always the one with the largest effect' },
  { kind: 'dose', name: 'Dose', title: 'The selected head at several factors' },
  { kind: 'random', name: 'Random', title: 'The heads that are changed, beside random sets of as many' },
  { kind: 'curve', name: 'Accuracy', title: 'Task accuracy as more and more heads are changed' },
  { kind: 'keys', name: 'Keys', title: 'Each key of one row of the selected head left out alone' },
  { kind: 'patching', name: 'Patching', title: 'Values of one prompt put into the run of another' },
  { kind: 'paths', name: 'Paths', title: 'What the selected head sends to each later one' },
  { kind: 'importance', name: 'Importance', title: 'Importance by finite difference, beside leaving heads out' },
];

/** What changing heads does, one experiment a tab; each keeps its last result. */
export function EffectsPanel() {
  const { store } = useApp();
  const shown = useAppState(({ effects }) => effects.shown);
  const results = useAppState(({ effects }) => effects.results);

  const scrollPlace = useScrollPlace(shown);

  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step === undefined ? undefined : TABS[TABS.findIndex(({ kind }) => kind === shown) + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    patch(store, 'effects', { shown: next.kind });
    document.getElementById(`effects-tab-${next.kind}`)?.focus();
  };

  return (
    <section className="hs-effects" aria-label="What changing heads does">
      <div className="hs-effects__tabs" role="tablist" aria-label="Experiments">
        {TABS.map(({ kind, name, title }) => (
          <button
            key={kind}
            type="button"
            role="tab"
            id={`effects-tab-${kind}`}
            className="hs-tab"
            title={title}
            aria-selected={kind === shown}
            aria-controls="effects-panel"
            tabIndex={kind === shown ? 0 : -1}
            onClick={() => patch(store, 'effects', { shown: kind })}
            onKeyDown={onKey}
          >
            {name}
            {results[kind] !== undefined && (
              <span className="hs-effects__mark" title="There is a result">
                •
              </span>
            )}
          </button>
        ))}
      </div>
      <div
        className="hs-effects__body"
        role="tabpanel"
        id="effects-panel"
        aria-labelledby={`effects-tab-${shown}`}
        {...scrollPlace}
      >
        <FieldProblemsProvider>
          <EffectTab kind={shown} />
        </FieldProblemsProvider>
      </div>
    </section>
  );
}

function EffectTab({ kind }: { readonly kind: EffectKind }) {
  switch (kind) {
    case 'sweep':
      return <SweepTab />;
    case 'greedy':
      return <GreedyTab />;
    case 'dose':
      return <DoseTab />;
    case 'random':
      return <RandomTab />;
    case 'curve':
      return <CurveTab />;
    case 'keys':
      return <KeysTab />;
    case 'patching':
      return <PatchingTab />;
    case 'paths':
      return <PathsTab />;
    case 'importance':
      return <ImportanceTab />;
  }
}
