import { useApp } from './app-context.ts';
import { useAppState } from './use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { runCommand } from '../commands/registry.ts';
import { InterventionsPanel } from '../interventions/InterventionsPanel.tsx';
import { panels } from './panels.ts';

/** Below everything: what is done to the model and what comes of it. */
export function Dock() {
  const services = useApp();
  const count = useAppState(({ edit }) => edit.interventions.length);
  const canUndo = useAppState(({ history }) => history.past.length > 0);
  const canRedo = useAppState(({ history }) => history.future.length > 0);
  return (
    <section className="hs-dock" aria-label="Dock">
      <div className="hs-dock__tabs">
        <div role="tablist" aria-label="Dock">
          <button
            type="button"
            role="tab"
            id="dock-tab"
            aria-selected="true"
            aria-controls="dock-panel"
            className="hs-tab"
          >
            Interventions {count > 0 && count}
          </button>
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
      <div role="tabpanel" id="dock-panel" aria-labelledby="dock-tab" className="hs-dock__body">
        <InterventionsPanel />
      </div>
    </section>
  );
}
