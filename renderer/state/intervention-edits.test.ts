// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { zeroHead } from '../../shared/model/intervention.ts';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import { redo, setInterventions, toggleAblation, undo } from './edits.ts';
import {
  addInterventions,
  addScenario,
  changeIntervention,
  chooseScenario,
  compareScenario,
  duplicateIntervention,
  moveIntervention,
  moveScenario,
  removeIntervention,
  removeScenario,
  renameScenario,
  setFinalNorm,
  swapScenarios,
  toggleIntervention,
} from './intervention-edits.ts';
import { scenariosOf } from './scenarios.ts';
import { createAppStore, type AppStore } from './store.ts';

const [A, B, C] = [0, 1, 2].map((head) => zeroHead({ layer: 0, head }));
let store: AppStore;
const list = () => formatInterventions(store.getState().edit.interventions).split('\n').join(' ');
const scenarios = () => {
  const { edit } = store.getState();
  return scenariosOf(edit).map(({ id, name, interventions }) => {
    const mark = id === edit.scenarioId ? '*' : id === edit.comparedId ? '+' : '';
    return `${mark}${name}: ${interventions.length}`;
  });
};

beforeEach(() => {
  store = createAppStore();
});

describe('entries', () => {
  beforeEach(() => addInterventions(store, [A!, B!, C!]));

  it('are moved, duplicated, switched off and on, removed; undo goes back through all of it', () => {
    moveIntervention(store, 0, 2);
    expect(list()).toBe('L0H1=zero L0H2=zero L0H0=zero');
    duplicateIntervention(store, 1);
    expect(list()).toBe('L0H1=zero L0H2=zero L0H2=zero L0H0=zero');
    toggleIntervention(store, 3);
    expect(list()).toBe('L0H1=zero L0H2=zero L0H2=zero off L0H0=zero');
    removeIntervention(store, 0);
    toggleIntervention(store, 2);
    expect(list()).toBe('L0H2=zero L0H2=zero L0H0=zero');
    for (let step = 0; step < 5; step++) undo(store);
    expect(list()).toBe('L0H0=zero L0H1=zero L0H2=zero');
    redo(store);
    expect(list()).toBe('L0H1=zero L0H2=zero L0H0=zero');
  });

  it('are not moved past the ends', () => {
    const { past } = store.getState().history;
    moveIntervention(store, 0, -1);
    moveIntervention(store, 2, 3);
    expect(store.getState().history.past).toBe(past);
  });

  it('go back in one step after a drag of a slider, and a drag in another scenario is another step', () => {
    for (const factor of [0.1, 0.2])
      changeIntervention(store, 0, { ...A!, what: 'scale', parameters: { factor } }, true);
    addScenario(store, 'current');
    changeIntervention(store, 0, { ...A!, what: 'scale', parameters: { factor: 2 } }, true);
    undo(store);
    expect(list()).toContain('scale:0.2');
    undo(store);
    undo(store);
    expect(list()).toBe('L0H0=zero L0H1=zero L0H2=zero');
  });

  it('of a head that is off are switched on by its key, and taken away when they are on', () => {
    toggleIntervention(store, 1);
    toggleAblation(store, { layer: 0, head: 1 });
    expect(list()).toBe('L0H0=zero L0H1=zero L0H2=zero');
    toggleAblation(store, { layer: 0, head: 1 });
    expect(list()).toBe('L0H0=zero L0H2=zero');
  });
});

describe('scenarios', () => {
  it('are made, renamed, chosen and removed, each with its own list and final norm', () => {
    setInterventions(store, [A!]);
    setFinalNorm(store, 'frozen');
    addScenario(store, 'current');
    addInterventions(store, [B!]);
    addScenario(store, 'empty');
    renameScenario(store, 's3', 'Nothing');
    expect(scenarios()).toEqual(['Scenario 1: 1', 'Scenario 2: 2', '*Nothing: 0']);
    expect(store.getState().edit.finalNorm).toBe('frozen');
    setFinalNorm(store, 'recomputed');
    chooseScenario(store, 's1');
    expect([list(), store.getState().edit.finalNorm]).toEqual(['L0H0=zero', 'frozen']);
    removeScenario(store);
    expect(scenarios()).toEqual(['*Scenario 2: 2', 'Nothing: 0']);
    undo(store);
    expect(scenarios()).toEqual(['*Scenario 1: 1', 'Scenario 2: 2', 'Nothing: 0']);
  });

  it('are put in another order, not past the ends, and undo puts them back', () => {
    setInterventions(store, [A!]);
    addScenario(store, 'empty');
    addScenario(store, 'empty');
    moveScenario(store, 1);
    expect(scenarios()).toEqual(['Scenario 1: 1', 'Scenario 2: 0', '*Scenario 3: 0']);
    addInterventions(store, [B!, C!]);
    moveScenario(store, -1);
    moveScenario(store, -1);
    expect(scenarios()).toEqual(['*Scenario 3: 2', 'Scenario 1: 1', 'Scenario 2: 0']);
    undo(store);
    expect(scenarios()).toEqual(['Scenario 1: 1', '*Scenario 3: 2', 'Scenario 2: 0']);
  });

  it('are emptied where there is only one', () => {
    setInterventions(store, [A!]);
    removeScenario(store);
    expect(scenarios()).toEqual(['*Scenario 1: 0']);
  });

  it('are compared, and trade places', () => {
    setInterventions(store, [A!]);
    addScenario(store, 'empty');
    compareScenario(store, 's1');
    expect(scenarios()).toEqual(['+Scenario 1: 1', '*Scenario 2: 0']);
    swapScenarios(store);
    expect(scenarios()).toEqual(['*Scenario 1: 1', '+Scenario 2: 0']);
    chooseScenario(store, 's2');
    expect(scenarios()).toEqual(['+Scenario 1: 1', '*Scenario 2: 0']);
    compareScenario(store, 's2');
    expect(store.getState().edit.comparedId).toBeUndefined();
    undo(store);
    chooseScenario(store, 's1');
    removeScenario(store);
    expect(store.getState().edit.comparedId).toBeUndefined();
  });
});
