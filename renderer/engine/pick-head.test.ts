// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { pickHead } from './pick-head.ts';

const table = (id: string, values: readonly number[] | null) => makeScoreTable(id, values);

describe('pickHead', () => {
  it('takes the strongest induction head', () => {
    const scores = [table('induction', [0, 0.1, 0.7, NaN]), table('max', [1, 0, 0, 0])];
    expect(pickHead(scores, 2, 2)).toEqual({ head: { layer: 1, head: 0 }, scoreId: 'induction' });
  });

  it('takes a head that rests on what comes next before that, but not for a trace of it', () => {
    const induction = table('induction', [0, 0.1, 0.7, 0]);
    expect(pickHead([induction, table('copy', [0, 0.8, 0.2, 0])], 2, 2)).toEqual({
      head: { layer: 0, head: 1 },
      scoreId: 'copy',
    });
    expect(pickHead([induction, table('copy', [0, 0.3, 0.2, 0])], 2, 2).scoreId).toBe('induction');
  });

  it('takes a sharp head off the usual places where there is no induction to speak of', () => {
    const scores = [
      table('previous', [0, 0.2, 0.4, 0]),
      table('induction', [0.01, 0, 0, 0]),
      table('max', [0.99, 0.6, 0.5, 0]),
      table('sink', [0.98, 0.1, 0, 0]),
    ];
    expect(pickHead(scores, 2, 2).head).toEqual({ layer: 0, head: 1 });
  });

  it('falls back to the middle layer', () => {
    expect(pickHead([table('induction', null)], 4, 2)).toEqual({ head: { layer: 2, head: 0 }, scoreId: undefined });
  });
});
