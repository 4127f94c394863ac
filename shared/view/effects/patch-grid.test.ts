import { describe, expect, it } from 'vitest';
import { movedScale, movedText, patchGrid } from './patch-grid.ts';
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
});
