import { expect, it } from 'vitest';
import { joinProgress } from './join-progress.ts';

it('counts jobs by their size, leaves out what is done, and tells what is left by the pace', () => {
  const steps = joinProgress([2, 0, 6], 1000);
  const at = (done: number, total: number) => ({ phase: 'Layer 1', done, total, etaMs: 5 });
  expect(steps(0, 'Quest', at(0, 4), 1000)).toEqual({ phase: 'Quest: Layer 1', done: 0, total: 8, etaMs: null });
  expect(steps(0, 'Quest', at(2, 4), 1500)).toMatchObject({ done: 1, total: 8, etaMs: 3500 });
  expect(steps(2, 'H2O', at(3, 6), 2000)).toMatchObject({ done: 5, etaMs: 600 });
  expect(steps(2, 'H2O', at(0, 0), 2000).done).toBe(2);
  expect(steps(2, 'Layer', at(0, 0), 2000).phase).toBe('Layer 1');
});
