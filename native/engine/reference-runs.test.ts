import { describe, expect, it } from 'vitest';
import type { Capture } from '../capture/capture.ts';
import { ReferenceRuns } from './reference-runs.ts';

describe('ReferenceRuns', () => {
  it('makes each run once as long as there is room, and forgets the one that was used longest ago', async () => {
    const runs = new ReferenceRuns(25);
    const made: number[] = [];
    const ask = (id: number, bytes = 10) =>
      runs.of(Int32Array.of(id), bytes, () => {
        made.push(id);
        return Promise.resolve({ tokens: id } as Capture);
      });
    for (const id of [1, 2, 1, 3, 1, 2]) expect((await ask(id)).tokens).toBe(id);
    expect(made).toEqual([1, 2, 3, 2]);
    // One that is over the whole budget displaces nothing.
    await ask(9, 26);
    await ask(2);
    await ask(9, 26);
    expect(made).toEqual([1, 2, 3, 2, 9, 9]);
  });

  it('keeps nothing of a run that failed', async () => {
    const runs = new ReferenceRuns(25);
    await expect(runs.of(Int32Array.of(1), 10, () => Promise.reject(new Error('cancelled')))).rejects.toThrow();
    const made = await runs.of(Int32Array.of(1), 10, () => Promise.resolve({ tokens: 1 } as Capture));
    expect(made.tokens).toBe(1);
  });
});
