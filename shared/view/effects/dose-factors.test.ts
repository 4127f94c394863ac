import { expect, it } from 'vitest';
import { doseFactors } from './dose-factors.ts';

it('steps from one end to the other, with what removes a head and what leaves it as it is', () => {
  expect(doseFactors({ from: -1, to: 2, step: 0.5 })).toEqual([-1, -0.5, 0, 0.5, 1, 1.5, 2]);
  expect(doseFactors({ from: -1, to: 1, step: 0.3 })).toEqual([-1, -0.7, -0.4, -0.1, 0, 0.2, 0.5, 0.8, 1]);
  expect(doseFactors({ from: 2, to: 3, step: 0.5 })).toEqual([2, 2.5, 3]);
  expect(doseFactors({ from: 0, to: 2, step: 1e-6 }).length).toBeLessThanOrEqual(256);
});
