import { expect, it } from 'vitest';
import { readState } from '../read-state.ts';
import { editSlice } from './edit.ts';

const rest = { head: null, pinnedToken: null, comparison: null, folds: [] };
const zero = { what: 'zero', where: { layer: 1, head: 0 } };
const scenario = { id: 's1', name: 'Scenario 1', interventions: [zero], finalNorm: 'recomputed' };
const read = (version: number, data: unknown) => readState({ edit: { version, data } }, [editSlice]);

it('reads the one list of before as a scenario', () => {
  const { known, warnings } = read(1, { ...rest, interventions: [zero, { ...zero, what: 'scale', factor: 0.5 }] });
  expect(warnings).toEqual([]);
  expect(known['edit']).toEqual({
    version: 2,
    data: {
      ...rest,
      scenarios: [{ ...scenario, interventions: [zero, { ...zero, what: 'scale', parameters: { factor: 0.5 } }] }],
      current: 's1',
      compared: null,
    },
  });
});

it('takes no scenario that is not there, and none twice', () => {
  const good = { ...rest, scenarios: [scenario, { ...scenario, id: 's2' }], current: 's2', compared: 's1' };
  expect(read(2, good).warnings).toEqual([]);
  for (const bad of [{ current: 's3' }, { compared: 's3' }, { scenarios: [] }, { scenarios: [scenario, scenario] }]) {
    expect(read(2, { ...good, ...bad }).warnings).toHaveLength(1);
  }
});
