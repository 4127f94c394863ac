/** Changes of single interventions and of scenarios that undo can take back. */
import { switchedOn, type FinalNorm, type Intervention } from '../../shared/model/intervention.ts';
import { applyEdit } from './apply-edit.ts';
import { setInterventions } from './edits.ts';
import {
  comparedScenario,
  currentScenario,
  newScenarioId,
  newScenarioName,
  scenariosOf,
  withCurrent,
  type Scenario,
} from './scenarios.ts';
import type { AppStore } from './store.ts';

/** Puts entries behind the others. */
export function addInterventions(store: AppStore, entries: readonly Intervention[]): void {
  setInterventions(store, [...store.getState().edit.interventions, ...entries]);
}

/** Replaces an entry, keeping its place in the list. `merge`: part of one gesture, such as typing or dragging. */
export function changeIntervention(store: AppStore, position: number, next: Intervention, merge = false): void {
  const { interventions } = store.getState().edit;
  setInterventions(
    store,
    interventions.map((entry, at) => (at === position ? next : entry)),
    merge ? `entry-${position}` : undefined,
  );
}

/** Off: it stays in the list without effect. */
export function toggleIntervention(store: AppStore, position: number): void {
  const entry = store.getState().edit.interventions[position];
  if (entry) changeIntervention(store, position, entry.off ? switchedOn(entry) : { ...entry, off: true });
}

export function removeIntervention(store: AppStore, position: number): void {
  const { interventions } = store.getState().edit;
  setInterventions(
    store,
    interventions.filter((_, at) => at !== position),
  );
}

/** Puts a copy below it. */
export function duplicateIntervention(store: AppStore, position: number): void {
  const { interventions } = store.getState().edit;
  const entry = interventions[position];
  if (entry) setInterventions(store, interventions.toSpliced(position + 1, 0, { ...entry }));
}

/** Moves an entry to another place in the order; `to` is its position afterwards. */
export function moveIntervention(store: AppStore, from: number, to: number): void {
  const { interventions } = store.getState().edit;
  const entry = interventions[from];
  if (!entry || to < 0 || to >= interventions.length) return;
  setInterventions(store, interventions.toSpliced(from, 1).toSpliced(to, 0, entry));
}

export function setFinalNorm(store: AppStore, finalNorm: FinalNorm): void {
  if (store.getState().edit.finalNorm !== finalNorm) applyEdit(store, { finalNorm });
}

/** Puts another scenario in force. The one that was compared with it trades places with the one that was. */
export function chooseScenario(store: AppStore, id: string): void {
  const { edit } = store.getState();
  const next = edit.scenarios.find((one) => one.id === id);
  if (!next || id === edit.scenarioId) return;
  const wasCompared = edit.comparedId === id;
  applyEdit(store, { ...withCurrent(edit, next), ...(wasCompared ? { comparedId: edit.scenarioId } : {}) });
}

/** Puts a new one in force: empty, or with what the current one has. */
export function addScenario(store: AppStore, from: 'empty' | 'current'): void {
  const { edit } = store.getState();
  const all = scenariosOf(edit);
  const current = currentScenario(edit);
  const copied = from === 'current' ? current : undefined;
  const added: Scenario = {
    id: newScenarioId(all),
    name: newScenarioName(all, copied?.name),
    interventions: copied?.interventions ?? [],
    finalNorm: current?.finalNorm ?? 'recomputed',
  };
  const at = all.findIndex(({ id }) => id === edit.scenarioId) + 1;
  applyEdit(store, { ...withCurrent(edit, added), scenarios: all.toSpliced(at, 0, added) });
}

export function renameScenario(store: AppStore, id: string, name: string): void {
  const { scenarios } = store.getState().edit;
  const renamed = scenarios.map((one) => (one.id === id ? { ...one, name } : one));
  if (name !== scenarios.find((one) => one.id === id)?.name) {
    applyEdit(store, { scenarios: renamed }, `rename-scenario-${id}`);
  }
}

/** Takes the current scenario away; the next one comes into force. The last one is emptied instead. */
export function removeScenario(store: AppStore): void {
  const { edit } = store.getState();
  const at = edit.scenarios.findIndex(({ id }) => id === edit.scenarioId);
  const rest = edit.scenarios.toSpliced(at, 1);
  const next = rest[Math.min(at, rest.length - 1)];
  if (next) applyEdit(store, { ...withCurrent({ ...edit, scenarios: rest }, next), scenarios: rest });
  else setInterventions(store, []);
}

/** Moves the current scenario among the others in the list. */
export function moveScenario(store: AppStore, step: 1 | -1): void {
  const { edit } = store.getState();
  const all = scenariosOf(edit);
  const from = all.findIndex(({ id }) => id === edit.scenarioId);
  const current = all[from];
  const to = from + step;
  if (!current || to < 0 || to >= all.length) return;
  applyEdit(store, { scenarios: all.toSpliced(from, 1).toSpliced(to, 0, current) });
}

/** Compares the current scenario (A) with another (B); undefined ends that. */
export function compareScenario(store: AppStore, id: string | undefined): void {
  const { edit } = store.getState();
  const comparedId = id === edit.scenarioId ? undefined : id;
  if (edit.comparedId !== comparedId) applyEdit(store, { comparedId });
}

/** A becomes B and B becomes A. */
export function swapScenarios(store: AppStore): void {
  const other = comparedScenario(store.getState().edit);
  if (other) chooseScenario(store, other.id);
}
