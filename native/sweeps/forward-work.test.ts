import { describe, expect, it } from 'vitest';
import type { ForwardModel } from '../forward/forward.ts';
import { forwardWork } from './forward-work.ts';

/** Two layers of two heads of 3 over one KV head, 5 wide, 7 tokens known. */
function model(slidingWindow: readonly (number | null)[]): ForwardModel {
  const architecture = { layers: 2, heads: 2, kvHeads: 1, headDim: 3, dModel: 5, vocabSize: 7, slidingWindow };
  return { architecture, sessions: { layerWork: () => 1000 } } as unknown as ForwardModel;
}

describe('forwardWork', () => {
  it('counts matrices, visible cells and the unembedding', () => {
    const { full, from } = forwardWork(model([null, null]), 4);
    // A layer sees 1 + 2 + 3 + 4 cells with each of 2 heads, 12 operations each; queries, keys and values: 5 x 12 numbers.
    const [layer, attention, inputs, unembedding] = [4000, 10 * 2 * 12, 4 * 2 * 5 * 12, 4 * 2 * 5 * 7];
    expect(full).toBe(2 * layer + 2 * attention + unembedding);
    expect(from(0)).toBe(2 * layer - inputs + attention + unembedding);
    expect(from(1)).toBe(layer - inputs + unembedding);
  });

  it('knows windows', () => {
    // 1 + 2 + 2 + 2 cells.
    expect(forwardWork(model([null, 2]), 4).from(0) - forwardWork(model([null, 1]), 4).from(0)).toBe((7 - 4) * 2 * 12);
    expect(forwardWork(model([9, 9]), 4).full).toBe(forwardWork(model([null, null]), 4).full);
  });
});
