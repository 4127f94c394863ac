import { describe, expect, it } from 'vitest';
import type { RetrievalCopies } from '../scores/retrieval.ts';
import type { RetrievalSample } from '../tasks/run-retrieval.ts';
import { needsForced, retrievalScores } from './retrieval.ts';

/** Of two heads: needle tokens that each hit, and steps. */
function copies(hits: readonly (readonly [number, number])[], events: readonly [number, number]): RetrievalCopies {
  const share = (head: 0 | 1): number => hits.reduce((sum, hit) => sum + hit[head], 0) / hits.length;
  return {
    positions: Float64Array.of(share(0), share(1)),
    events: Float64Array.from(events, (steps) => steps / hits.length),
    hits: Uint8Array.from(hits.flat()),
  };
}

const sample = (right: boolean, free: RetrievalCopies, forced: RetrievalCopies | null = null): RetrievalSample => ({
  right,
  free,
  forced,
});
const both = copies(
  [
    [1, 1],
    [1, 0],
  ],
  [3, 1],
);
const none = copies(
  [
    [0, 0],
    [0, 0],
  ],
  [0, 0],
);
const longer = copies(
  [
    [0, 1],
    [0, 0],
    [0, 1],
  ],
  [0, 2],
);
const GREEDY = { count: 0, forced: 0 };

describe('retrievalScores', () => {
  it('counts the samples that were answered right, and shows the others as attempted', () => {
    const { prompts, detail } = retrievalScores([sample(true, both), sample(false, longer)], GREEDY, 2);
    expect(prompts[0]!.info.badge).toBe('exact');
    expect([...prompts[0]!.values!]).toEqual([1, 0.5]);
    expect(prompts[1]).toMatchObject({ values: null, notApplicable: 'Answered wrong.' });
    expect(detail).toMatchObject({ kept: 1, gate: 'the greedy answer is right' });
    expect([...detail.activation]).toEqual([1, 1]);
    expect(detail.attempted[0]).toBe(0.5);
    expect(detail.attempted[1]).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
  });

  it('can count events, which exceed 1 in a loop', () => {
    const { prompts } = retrievalScores([sample(true, both)], { ...GREEDY, count: 1 }, 2);
    expect([...prompts[0]!.values!]).toEqual([1.5, 0.5]);
    expect(prompts[0]!.info.domain).toEqual([0, null]);
  });

  it('falls back to the answer fed in where none is right, and says so', () => {
    const { prompts, detail } = retrievalScores([sample(false, none, both)], GREEDY, 2);
    expect(prompts[0]!.info.badge).toBe('teacher-forced');
    expect([...prompts[0]!.values!]).toEqual([1, 0.5]);
    expect(detail).toMatchObject({ kept: 1, gate: 'none was right; the answer was fed in' });
    // What was attempted is always the model's own answer.
    expect([...detail.attempted]).toEqual([0, 0]);
  });

  it('feeds the answer in always where that was asked for', () => {
    const always = { count: 0, forced: 1 };
    const { prompts, detail } = retrievalScores([sample(true, both, none)], always, 2);
    expect(prompts[0]!.info.badge).toBe('teacher-forced');
    expect([...prompts[0]!.values!]).toEqual([0, 0]);
    expect(detail.gate).toBe('the right answer was fed in');
  });

  it('has a raster of needle tokens by heads, each over the needles that are as long', () => {
    const { raster } = retrievalScores([sample(true, both), sample(false, longer)], GREEDY, 2).detail;
    expect(raster.tokens).toBe(3);
    expect([...raster.hits]).toEqual([0.5, 1, 0.5, 0, 0, 1]);
  });

  it('leaves out prompts without a needle', () => {
    const { prompts, detail } = retrievalScores([null, sample(true, both)], GREEDY, 2);
    expect(prompts[0]!.values).toBeNull();
    expect(detail.kept).toBe(1);
  });

  it('says that there is nothing to copy where no prompt has a needle', () => {
    const { prompts, detail } = retrievalScores([null], GREEDY, 2);
    expect(prompts[0]!.info.badge).toBe('exact');
    expect(detail).toMatchObject({ kept: 0, gate: 'no prompt holds its answer once', raster: { tokens: 0 } });
  });
});

describe('needsForced', () => {
  it('feeds answers in until one is right', () => {
    expect(needsForced(GREEDY, [], true)).toBe(false);
    expect(needsForced(GREEDY, [null, sample(false, none)], false)).toBe(true);
    expect(needsForced(GREEDY, [sample(true, both)], false)).toBe(false);
    expect(needsForced({ forced: 1 }, [sample(true, both)], true)).toBe(true);
  });
});
