import type { KeyboardEvent } from 'react';
import { useApp } from './app-context.ts';
import { useAppState } from './use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { runCommand } from '../commands/registry.ts';
import { GenerationPanel } from '../generation/GenerationPanel.tsx';
import { InterventionsPanel } from '../interventions/InterventionsPanel.tsx';
import { SinksPanel } from '../sinks/SinksPanel.tsx';
import { NotesPanel } from '../session-file/NotesPanel.tsx';
import { patch } from '../state/store.ts';
import type { DockTab } from '../state/view-state.ts';
import { panels } from './panels.ts';

const TABS: readonly { readonly id: DockTab; readonly title: string }[] = [
  { id: 'interventions', title: 'Interventions' },
  { id: 'generation', title: 'Generation' },
  { id: 'sinks', title: 'Sinks' },
  { id: 'notes', title: 'Notes' },
];

/** Below everything: what is done to the model and what comes of it. */
export function Dock() {
  const services = useApp();
  const { store } = services;
  const open = useAppState(({ view }) => view.dockTab);
  const count = useAppState(({ edit }) => edit.interventions.length);
  const canUndo = useAppState(({ history }) => history.past.length > 0);
  const canRedo = useAppState(({ history }) => history.future.length > 0);

  function onTabKey(event: KeyboardEvent<HTMLButtonElement>): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step === undefined ? undefined : TABS[TABS.findIndex(({ id }) => id === open) + step];
    if (!next) return;
    event.preventDefault();
    patch(store, 'view', { dockTab: next.id });
    document.getElementById(`dock-tab-${next.id}`)?.focus();
  }

  return (
    <section className="hs-dock" aria-label="Dock">
      <div className="hs-dock__tabs">
        <div role="tablist" aria-label="Dock">
          {TABS.map(({ id, title }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`dock-tab-${id}`}
              aria-selected={id === open}
              aria-controls="dock-panel"
              tabIndex={id === open ? 0 : -1}
              className="hs-tab"
              onClick={() => patch(store, 'view', { dockTab: id })}
              onKeyDown={onTabKey}
            >
              {title} {id === 'interventions' && count > 0 && count}
            </button>
          ))}
        </div>
        <div className="hs-dock__actions">
          <Button small look="quiet" disabled={!canUndo} onClick={() => runCommand(services, 'edit.undo')}>
            Undo
          </Button>
          <Button small look="quiet" disabled={!canRedo} onClick={() => runCommand(services, 'edit.redo')}>
            Redo
          </Button>
          <Button small look="quiet" icon aria-label="Hide the dock" onClick={() => panels.toggle('dock')}>
            ▾
          </Button>
        </div>
      </div>
      <div role="tabpanel" id="dock-panel" aria-labelledby={`dock-tab-${open}`} className="hs-dock__body">
        <DockPanel tab={open} />
      </div>
    </section>
  );
}

function DockPanel({ tab }: { readonly tab: DockTab }) {
  switch (tab) {
    case 'interventions':
      return <InterventionsPanel />;
    case 'generation':
      return <GenerationPanel />;
    case 'sinks':
      return <SinksPanel />;
    case 'notes':
      return <NotesPanel />;
  }
}
