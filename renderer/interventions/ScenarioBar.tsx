import { useMemo, useState } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import {
  addScenario,
  chooseScenario,
  compareScenario,
  moveScenario,
  removeScenario,
  renameScenario,
  swapScenarios,
} from '../state/intervention-edits.ts';
import { comparedScenario, scenariosOf } from '../state/scenarios.ts';

/** Which list is in force, and which one it is compared with. */
export function ScenarioBar() {
  const { store } = useApp();
  const edit = useAppState((state) => state.edit);
  const [renaming, setRenaming] = useState(false);
  const scenarios = useMemo(() => scenariosOf(edit), [edit]);
  const compared = comparedScenario(edit);
  const at = scenarios.findIndex(({ id }) => id === edit.scenarioId);
  const current = scenarios[at];
  if (!current) return undefined;
  const isOnly = scenarios.length === 1;
  return (
    <div className="hs-scenarios" role="group" aria-label="Scenarios">
      <span className="hs-scenarios__part">
        {compared && (
          <span className="hs-scenarios__letter" title="A, in force">
            A
          </span>
        )}
        {renaming ? (
          <input
            className="hs-field"
            aria-label="Name of the scenario"
            autoFocus
            maxLength={80}
            value={current.name}
            onChange={({ target }) => renameScenario(store, current.id, target.value)}
            onBlur={() => setRenaming(false)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' || event.key === 'Escape') {
                event.stopPropagation();
                setRenaming(false);
              }
            }}
          />
        ) : (
          <select
            className="hs-select hs-scenarios__choice"
            aria-label="Scenario in force"
            value={current.id}
            onChange={({ target }) => chooseScenario(store, target.value)}
          >
            {scenarios.map(({ id, name, interventions }) => (
              <option key={id} value={id}>
                {name || 'without a name'} ({interventions.length})
              </option>
            ))}
          </select>
        )}
        <Button small look="quiet" onClick={() => setRenaming(!renaming)}>
          Rename
        </Button>
        <Button small look="quiet" title="An empty scenario" onClick={() => addScenario(store, 'empty')}>
          New
        </Button>
        <Button
          small
          look="quiet"
          title="Another scenario with the same entries"
          onClick={() => addScenario(store, 'current')}
        >
          Duplicate
        </Button>
        {!isOnly && (
          <Button
            small
            look="quiet"
            title={`Remove ${current.name}; undo brings it back`}
            onClick={() => removeScenario(store)}
          >
            Remove
          </Button>
        )}
        {!isOnly && (
          <>
            <Button
              small
              icon
              look="quiet"
              disabled={at === 0}
              aria-label={`Move ${current.name} up in the list of scenarios`}
              onClick={() => moveScenario(store, -1)}
            >
              ↑
            </Button>
            <Button
              small
              icon
              look="quiet"
              disabled={at === scenarios.length - 1}
              aria-label={`Move ${current.name} down in the list of scenarios`}
              onClick={() => moveScenario(store, 1)}
            >
              ↓
            </Button>
          </>
        )}
      </span>
      <span className="hs-scenarios__part">
        {compared && (
          <Button small icon look="quiet" aria-label="Swap A and B" onClick={() => swapScenarios(store)}>
            ⇄
          </Button>
        )}
        {compared ? (
          <span className="hs-scenarios__letter hs-scenarios__letter--b" title="B, compared with A">
            B
          </span>
        ) : (
          <span className="hs-dim">compare with</span>
        )}
        <select
          className="hs-select hs-scenarios__choice"
          aria-label="Scenario that it is compared with (B)"
          disabled={isOnly}
          title={
            isOnly
              ? 'Make another scenario first: New or Duplicate'
              : 'Its run stands beside that of the scenario in force'
          }
          value={compared?.id ?? ''}
          onChange={({ target }) => compareScenario(store, target.value === '' ? undefined : target.value)}
        >
          <option value="">{isOnly ? 'no other scenario' : 'none'}</option>
          {scenarios
            .filter(({ id }) => id !== current.id)
            .map(({ id, name, interventions }) => (
              <option key={id} value={id}>
                {name || 'without a name'} ({interventions.length})
              </option>
            ))}
        </select>
      </span>
    </div>
  );
}
