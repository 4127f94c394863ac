import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../../shared/contract/methods.ts';
import { SweepProgress } from './sweep-progress.ts';

/** Two layers of two heads: 100 operations a layer, 100 to read what comes out. */
const items = ['L0H0', 'L0H1', 'L1H0', 'L1H1'].map((head) => ({
  name: `Head ${head}`,
  forward: head.startsWith('L0') ? 200 : 100,
  reading: 100,
}));

const seen: Progress[] = [];
const job = { signal: new AbortController().signal, progress: (progress: Progress) => void seen.push(progress) };
const half = { phase: 'Layer 1 of 2', done: 1, total: 2, etaMs: null };

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  seen.length = 0;
});

describe('SweepProgress', () => {
  it('counts heads and the parts of one, and knows that later layers take less', () => {
    const progress = new SweepProgress(items, () => false, job);
    const { forward, reading } = progress.begin(0);
    expect(seen.at(-1)).toEqual({ phase: 'Head L0H0, 1 of 4', done: 0, total: 4, etaMs: null });
    vi.advanceTimersByTime(1000);
    forward.progress(half);
    // Of 300 operations 100 are done; the others take 200 + 300 + 200 + 200.
    expect(seen.at(-1)!.done).toBeCloseTo(1 / 3, 9);
    expect(seen.at(-1)!.etaMs).toBe(9000);
    vi.advanceTimersByTime(1500);
    reading.progress(half);
    expect(seen.at(-1)!.done).toBeCloseTo(5 / 6, 9);
    expect(seen.at(-1)!.etaMs).toBe(7500);
    progress.end(0);
    progress.begin(1);
    progress.end(1);
    vi.advanceTimersByTime(2500);
    progress.begin(2);
    expect(seen.at(-1)).toEqual({
      phase: 'Head L1H0, 3 of 4',
      done: 2,
      total: 4,
      etaMs: Math.round((5000 * 400) / 600),
    });
  });

  it('adds up heads that are under way at once, and does not listen to what comes late', () => {
    const progress = new SweepProgress(items, () => false, job);
    const first = progress.begin(0);
    const second = progress.begin(1);
    first.reading.progress(half);
    second.forward.progress(half);
    expect(seen.at(-1)).toMatchObject({ phase: 'Head L0H1, 2 of 4' });
    expect(seen.at(-1)!.done).toBeCloseTo(5 / 6 + 1 / 3, 9);
    progress.end(1);
    const told = seen.length;
    second.reading.progress(half);
    expect(seen).toHaveLength(told);
    first.reading.progress(half);
    expect(seen.at(-1)!.done).toBeCloseTo(1 + 5 / 6, 9);
  });

  it('judges the pace by what was done since it went on', () => {
    const progress = new SweepProgress(items, (at) => at < 2, job);
    progress.begin(2);
    expect(seen.at(-1)).toMatchObject({ done: 2, etaMs: null });
    vi.advanceTimersByTime(1000);
    progress.end(2);
    progress.begin(3);
    expect(seen.at(-1)).toMatchObject({ phase: 'Head L1H1, 4 of 4', done: 3, etaMs: 1000 });
  });
});
