import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Progress } from '../../shared/contract/methods.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { SweepProgress } from './sweep-progress.ts';

/** Two layers of two heads: a layer costs 100 operations a row, unembedding 2 x 5 x 10. */
const model = {
  architecture: { layers: 2, heads: 2, vocabSize: 5, dModel: 10 },
  sessions: { rowWork: () => 100 },
} as unknown as ForwardModel;

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
    const progress = new SweepProgress(model, 0, job);
    const { forward, reading } = progress.head(0);
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
    vi.advanceTimersByTime(2500);
    progress.head(2);
    expect(seen.at(-1)).toEqual({
      phase: 'Head L1H0, 3 of 4',
      done: 2,
      total: 4,
      etaMs: Math.round((5000 * 400) / 600),
    });
  });

  it('judges the pace by what was done since it went on', () => {
    const progress = new SweepProgress(model, 2, job);
    progress.head(2);
    expect(seen.at(-1)).toMatchObject({ done: 2, etaMs: null });
    vi.advanceTimersByTime(1000);
    progress.head(3);
    expect(seen.at(-1)).toMatchObject({ phase: 'Head L1H1, 4 of 4', done: 3, etaMs: 1000 });
  });
});
