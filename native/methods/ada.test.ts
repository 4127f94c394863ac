import { describe, expect, it } from 'vitest';
import { ada } from './ada.ts';
import { randomLayer, selectAll } from './testing/layers.ts';

describe('AdaKV', () => {
  it('keeps the window in every group where the budget is under it', async () => {
    const layer = randomLayer(3, { heads: 4, kvHeads: 2, tokens: 24 });
    const request = { promptLength: 20, parameters: { window: 6, kernel: 1 }, budget: { keys: 3 } };
    const { held } = await selectAll(ada, [layer], request);
    for (const keys of held[0]!) expect(keys).toEqual([14, 15, 16, 17, 18, 19]);
  });

  it('keeps as many keys as with equal budgets, and of each group no fewer than its floor', async () => {
    const layer = randomLayer(4, { heads: 4, kvHeads: 2, tokens: 40 });
    const request = { promptLength: 36, parameters: { window: 2, kernel: 1, floor: 0.5 }, budget: { keys: 12 } };
    const { held } = await selectAll(ada, [layer], request);
    const sizes = [held[0]![0]!.length, held[0]![2]!.length];
    expect(sizes[0]! + sizes[1]!).toBe(24);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(6);
    expect(held[0]![1]).toEqual(held[0]![0]);
  });
});
