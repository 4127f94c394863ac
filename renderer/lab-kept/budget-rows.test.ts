// @vitest-environment node
import { expect, it } from 'vitest';
import { budgetShares } from './budget-rows.ts';

it('tells how keys are shared out', () => {
  expect(budgetShares(Float64Array.of(8, 4, 2, 2), 2)).toEqual({
    layers: [
      { mean: 6, heads: [8, 4] },
      { mean: 2, heads: [2, 2] },
    ],
    uniform: 4,
    total: 16,
    imbalance: 2,
    layerImbalance: 1.5,
  });
});

it('has no imbalance of nothing', () => {
  expect(budgetShares(new Float32Array(4), 2)).toMatchObject({ uniform: 0, imbalance: 0, layerImbalance: 0 });
});
