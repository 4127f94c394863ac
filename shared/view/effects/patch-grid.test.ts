import { describe, expect, it } from 'vitest';
import { movedLegend, movedScale, movedText, namedColumns, patchGrid } from './patch-grid.ts';
import { patchResult } from './testing/records.ts';

describe('patched runs as a map', () => {
  it('show what moved: recovery where it is brought back, what is lost where it is taken away', () => {
    const denoise = patchGrid(patchResult());
    expect(denoise).toMatchObject({ rows: 2, columns: 3, across: 'heads', rowNames: ['L0', 'L1'] });
    expect([...denoise.moved]).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25]);
    expect([...patchGrid(patchResult({ direction: 'noise' })).moved]).toEqual([1, 0.75, 0.5, 0.25, 0, -0.25]);
  });

  it('have the positions of the run that is patched across', () => {
    const tokens = (direction: 'denoise' | 'noise') =>
      patchGrid(patchResult({ direction, grid: 'layer-position' })).tokens.map(({ display }) => display);
    expect(tokens('denoise')).toEqual(['a', '·x', '·c']);
    expect(tokens('noise')).toEqual(['a', '·b', '·c']);
  });

  it('of single heads have rows for these alone', () => {
    const { rowNames, rowHeads, moved } = patchGrid(patchResult({ grid: 'head-position' }));
    expect(rowNames).toEqual(['L1H1']);
    expect(rowHeads).toEqual([{ layer: 1, head: 1 }]);
    expect([...moved]).toEqual([3, 3.25, 3.5]);
  });

  it('have one scale of colours about zero, at least to 1', () => {
    expect(movedScale([Float64Array.of(0.1, NaN)])).toEqual({ kind: 'linear', lo: -1, hi: 1 });
    expect(movedScale([Float64Array.of(1.01)]).hi).toBe(1);
    expect(movedScale([Float64Array.of(0.5), Float64Array.of(-1.3)])).toEqual({ kind: 'linear', lo: -2, hi: 2 });
  });

  it('print what moved, and nothing where nothing did', () => {
    expect([0.004, -0.004, 0.25, -1.3].map(movedText)).toEqual(['', '', '0.25', '−1.30']);
  });

  it('name the columns in which most moves, then the tokens that differ, then others', () => {
    const result = patchResult({ grid: 'layer-position' });
    const quiet = { ...result, recovery: result.recovery.map(() => 0.001) };
    expect(patchGrid(quiet).differing).toEqual([1]);
    expect(namedColumns(patchGrid(quiet), 1)).toEqual([0, 1, 2]);
    expect(namedColumns(patchGrid(quiet), 2)).toEqual([1]);
    const loud = { ...quiet, recovery: Float64Array.of(0, 0, 0, 0, 0, -0.5) };
    expect(namedColumns(patchGrid(loud), 2)).toEqual([0, 2]);
  });

  it('know tokens without a partner, of the run that is patched', () => {
    const { pair, ...rest } = patchResult({ grid: 'layer-position' });
    const gone = { ...pair, partners: Int32Array.of(0, -1, 2) };
    for (const direction of ['denoise', 'noise'] as const) {
      expect(patchGrid({ ...rest, direction, pair: gone }).differing).toEqual([1]);
    }
  });

  it('say in words what 0 and 1 are, by direction', () => {
    expect(movedLegend(['noise'])[0]).toMatch(/^lost: 0 = still as clean, 1 = as corrupted/);
    const both = movedLegend(['denoise', 'noise']);
    expect(both[0]).toMatch(/^denoise: recovered: 0 = still as corrupted, 1 = as clean/);
    expect(both[1]).toMatch(/^noise: lost/);
  });
});
