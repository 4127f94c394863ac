import { describe, expect, it } from 'vitest';
import type { PatchRequest } from './patch-grid.ts';
import { patchIndex, planPatches } from './patch-grid.ts';
import { patchValues } from './patch-trials.ts';

const SIZES = { layers: 2, heads: 3 };
const ALL: PatchRequest = { hook: 'z', grid: 'head', heads: null };
const PARTNERS = Int32Array.of(0, -1, 1, 2);
const plan = (request: Partial<PatchRequest>, target = 3, partners = PARTNERS) =>
  planPatches(SIZES, { ...ALL, ...request }, partners, target);

describe('planPatches', () => {
  it('patches every head at all aligned positions at once', () => {
    const { shape, layers, positions, late } = plan({});
    expect(shape).toEqual([2, 3, 1]);
    expect(layers).toEqual([0, 1].map((layer) => ({ layer, heads: [0, 1, 2] })));
    expect([positions, late]).toEqual([[null], []]);
  });

  it('leaves out positions without a partner, and tells those apart that come after what is read', () => {
    const { shape, positions, late } = plan({ grid: 'head-position' }, 2);
    expect(shape).toEqual([2, 3, 4]);
    expect([positions, late]).toEqual([[0, 2], [3]]);
    expect(plan({ grid: 'layer-position' }, 2)).toMatchObject({ shape: [2, 1, 4], positions: [0, 2], late: [3] });
  });

  it('has nothing to do where nothing is aligned, or only what comes later', () => {
    expect(plan({}, 3, Int32Array.of(-1, -1))).toMatchObject({ positions: [], late: [] });
    expect(plan({}, 0, Int32Array.of(-1, 4))).toMatchObject({ positions: [], late: [null] });
  });

  it('takes chosen heads by position', () => {
    const heads = [
      { layer: 1, head: 2 },
      { layer: 1, head: 0 },
    ];
    const { layers } = plan({ grid: 'head-position', heads });
    expect(layers).toEqual([
      { layer: 0, heads: [] },
      { layer: 1, heads: [0, 2] },
    ]);
    expect(() => plan({ heads })).toThrow('Heads are chosen');
    expect(() => plan({ grid: 'head-position', heads: [{ layer: 1, head: 3 }] })).toThrow('There is no head L1H3.');
  });

  it('refuses the residual of a head', () => {
    expect(() => plan({ hook: 'resid' })).toThrow('belongs to a layer');
    expect(plan({ hook: 'resid', grid: 'layer-position' }).shape).toEqual([2, 1, 4]);
  });
});

describe('patchValues', () => {
  it('puts results where they belong; what comes later stays as it was, the rest is not known', () => {
    const asked = plan({ grid: 'head-position' }, 2);
    const values = patchValues(
      asked,
      Array.from({ length: 12 }, (_, at) => at),
      -1,
    );
    const at = (layer: number, head: number) =>
      [0, 1, 2, 3].map((position) => values[patchIndex(asked, layer, head, position)]);
    // By layer, then position, then head.
    expect(at(0, 0)).toEqual([0, NaN, 3, -1]);
    expect(at(0, 2)).toEqual([2, NaN, 5, -1]);
    expect(at(1, 1)).toEqual([7, NaN, 10, -1]);
    expect([...patchValues(plan({}, 3, Int32Array.of(-1)), [], 5)]).toEqual(new Array(6).fill(NaN));
    expect([...patchValues(plan({}, 0, Int32Array.of(-1, 4)), [], 5)]).toEqual(new Array(6).fill(5));
  });
});
