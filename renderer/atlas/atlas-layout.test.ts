import { describe, expect, it } from 'vitest';
import { atlasLayout, LEAST_CELL_PX } from './atlas-layout.ts';

describe('layout of the grid', () => {
  it('fits the width where it can and scrolls where cells would be too small to hit', () => {
    for (const [layers, heads] of [
      [4, 8],
      [12, 12],
      [24, 14],
      [48, 64],
    ] as const) {
      const layout = atlasLayout(380, layers, heads, true);
      expect(Math.min(layout.pitchPx, layout.rowPx)).toBeGreaterThanOrEqual(LEAST_CELL_PX);
      if (layout.pitchPx > LEAST_CELL_PX) expect(layout.width).toBeLessThanOrEqual(380);
    }
    expect(atlasLayout(380, 48, 64, true).width).toBeGreaterThan(380);
    expect(atlasLayout(380, 4, 8, true).showValues).toBe(true);
  });
});
