/** Named lists of interventions, of which one is in force. Pure. */
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import { interventionsKey } from '../../shared/model/intervention-text.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';

export interface Scenario {
  /** Of no other one in the list. */
  readonly id: string;
  readonly name: string;
  readonly interventions: readonly Intervention[];
  readonly finalNorm: FinalNorm;
}

/** What the edited state holds of them. */
export interface ScenarioState {
  /** Of the current scenario, with entries that are off. */
  readonly interventions: readonly Intervention[];
  readonly finalNorm: FinalNorm;
  /** In order, at least one. The current one stands as it was when it was last left: read them with `scenariosOf`. */
  readonly scenarios: readonly Scenario[];
  readonly scenarioId: string;
  /** B, which the current one (A) is compared with. */
  readonly comparedId: string | undefined;
}

export const FIRST_SCENARIO: Scenario = { id: 's1', name: 'Scenario 1', interventions: [], finalNorm: 'recomputed' };

export const initialScenarios: ScenarioState = {
  interventions: FIRST_SCENARIO.interventions,
  finalNorm: FIRST_SCENARIO.finalNorm,
  scenarios: [FIRST_SCENARIO],
  scenarioId: FIRST_SCENARIO.id,
  comparedId: undefined,
};

/** All of them as they are now. */
export function scenariosOf({ scenarios, scenarioId, interventions, finalNorm }: ScenarioState): readonly Scenario[] {
  return scenarios.map((one) => (one.id === scenarioId ? { ...one, interventions, finalNorm } : one));
}

export function currentScenario(state: ScenarioState): Scenario | undefined {
  return scenariosOf(state).find(({ id }) => id === state.scenarioId);
}

export function comparedScenario(state: ScenarioState): Scenario | undefined {
  if (state.comparedId === state.scenarioId) return undefined;
  return state.scenarios.find(({ id }) => id === state.comparedId);
}

/** The state with another one in force; what was current is kept in the list. */
export function withCurrent(state: ScenarioState, next: Scenario): ScenarioState {
  return {
    scenarios: scenariosOf(state),
    scenarioId: next.id,
    interventions: next.interventions,
    finalNorm: next.finalNorm,
    comparedId: state.comparedId === next.id ? undefined : state.comparedId,
  };
}

/** An id that none of them has. */
export function newScenarioId(scenarios: readonly Scenario[]): string {
  const numbers = scenarios.map(({ id }) => Number(/^s(\d+)$/.exec(id)?.[1] ?? 0));
  return `s${Math.max(0, ...numbers) + 1}`;
}

/** `Scenario 3`, or `Name 2` after a name; one that none of them has. */
export function newScenarioName(scenarios: readonly Scenario[], after = 'Scenario'): string {
  const base = after.replace(/ \d+$/, '');
  const taken = new Set(scenarios.map(({ name }) => name));
  let number = after === 'Scenario' ? scenarios.length + 1 : 2;
  while (taken.has(`${base} ${number}`)) number += 1;
  return `${base} ${number}`;
}

/** Equal for what gives equal numbers; empty where nothing is changed. */
export function changeKey({ interventions, finalNorm }: Pick<Scenario, 'interventions' | 'finalNorm'>): string {
  return keyOf(interventionsKey(interventionsInForce(interventions)), finalNorm);
}

/** The same of a run that was made. */
export function madeKey(
  run: { readonly interventions: string; readonly finalNorm?: FinalNorm | undefined } | undefined,
): string {
  return run ? keyOf(run.interventions, run.finalNorm) : '';
}

function keyOf(interventions: string, finalNorm: FinalNorm | undefined): string {
  return interventions === '' || finalNorm !== 'frozen' ? interventions : `${interventions} frozen`;
}
