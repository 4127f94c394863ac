import { describe, expect, it } from 'vitest';
import { measureRuns, warmRuns } from './measure-runs.ts';

describe('measureRuns', () => {
  it('runs each once, then all in turn, and tells every time', async () => {
    const calls: string[] = [];
    const note = (name: string) => () => {
      calls.push(name);
      return Promise.resolve();
    };
    const [a, b] = await measureRuns([note('a'), note('b')]);
    expect(calls).toHaveLength(42);
    expect(calls.every((name, i) => name === (i % 2 === 0 ? 'a' : 'b'))).toBe(true);
    expect(a!.warmMs).toHaveLength(20);
    expect(b!.warmMs.every((ms) => ms >= 0)).toBe(true);
  });
});

describe('warmRuns', () => {
  it.each([
    [1, 20],
    [300, 10],
    [5000, 3],
    [30_000, 1],
  ])('after a first run of %i ms are %i', (firstMs, runs) => {
    expect(warmRuns(firstMs)).toBe(runs);
  });
});
