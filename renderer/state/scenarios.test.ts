// @vitest-environment node
import { expect, it } from 'vitest';
import { zeroHead } from '../../shared/model/intervention.ts';
import {
  changeKey,
  comparedScenario,
  currentScenario,
  FIRST_SCENARIO,
  initialScenarios,
  madeKey,
  newScenarioId,
  newScenarioName,
  scenariosOf,
  withCurrent,
} from './scenarios.ts';

const zero = zeroHead({ layer: 1, head: 2 });
const second = { id: 's2', name: 'Second', interventions: [zero], finalNorm: 'frozen' } as const;
const both = { ...initialScenarios, scenarios: [FIRST_SCENARIO, second] };

it('shows the current one as it is now, and keeps it when another comes', () => {
  const edited = { ...both, interventions: [zero, zero] };
  expect(scenariosOf(edited).map(({ interventions }) => interventions.length)).toEqual([2, 1]);
  const next = withCurrent(edited, second);
  expect([next.scenarioId, next.interventions.length, next.finalNorm]).toEqual(['s2', 1, 'frozen']);
  expect(scenariosOf(next).map(({ interventions }) => interventions.length)).toEqual([2, 1]);
  expect(currentScenario(next)?.name).toBe('Second');
});

it('is compared with another one, never with itself', () => {
  expect(comparedScenario({ ...both, comparedId: 's2' })?.name).toBe('Second');
  expect(comparedScenario({ ...both, comparedId: 's1' })).toBeUndefined();
  expect(withCurrent({ ...both, comparedId: 's2' }, second).comparedId).toBeUndefined();
});

it('gives ids and names that none has', () => {
  expect(newScenarioId([FIRST_SCENARIO, { ...second, id: 's7' }])).toBe('s8');
  expect(newScenarioName([FIRST_SCENARIO])).toBe('Scenario 2');
  expect(newScenarioName([FIRST_SCENARIO, { ...second, name: 'Scenario 3' }])).toBe('Scenario 4');
  expect(newScenarioName([FIRST_SCENARIO, second], 'Second')).toBe('Second 2');
  expect(newScenarioName([{ ...second, name: 'Second 2' }], 'Second 2')).toBe('Second 3');
});

it('has one key for what gives the same numbers', () => {
  const off = { ...zero, off: true as const };
  expect(changeKey({ interventions: [off, { what: 'patch', where: zero.where }], finalNorm: 'frozen' })).toBe('');
  expect(changeKey({ interventions: [zero], finalNorm: 'recomputed' })).toBe('L1H2=zero');
  expect(changeKey({ interventions: [zero, off], finalNorm: 'frozen' })).toBe(
    madeKey({ interventions: 'L1H2=zero', finalNorm: 'frozen' }),
  );
  expect(madeKey(undefined)).toBe('');
});
