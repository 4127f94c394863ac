/** What plots know of methods by their ids is what the methods say of themselves. */
import { expect, it } from 'vitest';
import { isOracle, LOOK_ORDER, phaseOf } from '../../shared/view/lab/known-methods.ts';
import { methods } from './index.ts';

it.each(methods.map(({ info }) => info))('$id is an oracle, and of the prompt alone, where it says so', (info) => {
  expect(isOracle(info.id)).toBe(info.badge === 'oracle');
  expect(phaseOf(info.id)).toBe(info.phases.includes('decode') ? 'decode' : 'prefill');
});

it('has a look for every method but dense attention, and for no other', () => {
  const ids = methods.map(({ info }) => info.id).filter((id) => id !== 'dense');
  expect(LOOK_ORDER.toSorted()).toEqual(ids.toSorted());
});
