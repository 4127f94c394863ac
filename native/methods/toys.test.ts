/** Examples that were worked out by hand, method by method. */
import { describe, expect, it } from 'vitest';
import { attentionLayer, randomLayer, selectAll } from './testing/layers.ts';
import { sinkWindow } from './sink-window.ts';
import { snapkv } from './snapkv.ts';
import { pool } from './votes.ts';

describe('sink and window', () => {
  const parameters = { sink: 2, window: 3 };
  const readsAt = async (query: number, eviction = 0) => {
    const { reads } = await selectAll(sinkWindow, [randomLayer(1, { tokens: 8 })], {
      promptLength: query,
      parameters: { ...parameters, eviction },
    });
    return reads[0]![0]![0];
  };

  it('keeps the first and the last keys', async () => {
    expect(await readsAt(3)).toEqual([0, 1, 2, 3]);
    expect(await readsAt(5)).toEqual([0, 1, 3, 4, 5]);
    expect(await readsAt(7)).toEqual([0, 1, 5, 6, 7]);
  });

  it('reads one key more where eviction comes after the step', async () => {
    expect(await readsAt(7, 1)).toEqual([0, 1, 4, 5, 6, 7]);
  });

  it('gives the window what the sink leaves of a budget', async () => {
    const { held } = await selectAll(sinkWindow, [randomLayer(1, { tokens: 8 })], {
      promptLength: 7,
      parameters: { sink: 2 },
      budget: { keys: 5 },
    });
    expect(held[0]![0]).toEqual([0, 1, 4, 5, 6]);
  });
});

describe('SnapKV', () => {
  const votes = Float64Array.of(0.55, 0.05, 0.05, 0.5, 0.1, 0.15);
  /** Rows of the two that vote; they sum to less than 1, the rest lies on the window. */
  const voting = [
    [0.3, 0.02, 0.03, 0.2, 0.05, 0.1, 0.3],
    [0.25, 0.03, 0.02, 0.3, 0.05, 0.05, 0.15, 0.15],
  ];
  const rows = Array.from({ length: 9 }, (_, query) =>
    query === 6 || query === 7 ? voting[query - 6]! : Array.from({ length: query + 1 }, () => 1 / (query + 1)),
  );
  const kept = async (kernel: number, pooling: number, keys: number) => {
    const { held, reads } = await selectAll(snapkv, [attentionLayer([rows])], {
      promptLength: 8,
      parameters: { window: 2, kernel, pooling },
      budget: { keys },
    });
    return { held: held[0]![0], read: reads[0]![0]![0] };
  };

  it('pools as the code does, which can lose the sink', () => {
    const rounded = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);
    expect(rounded(pool(votes, 3, 'average'))).toEqual([0.2, 0.2167, 0.2, 0.2167, 0.25, 0.0833]);
    expect(rounded(pool(votes, 3, 'maximum'))).toEqual([0.55, 0.55, 0.5, 0.5, 0.5, 0.15]);
    expect(rounded(pool(votes, 1, 'average'))).toEqual([...votes]);
  });

  it('keeps what the window votes for, and the window', async () => {
    expect(await kept(1, 0, 5)).toEqual({ held: [0, 3, 5, 6, 7], read: [0, 3, 5, 6, 7, 8] });
    expect(await kept(3, 0, 5)).toEqual({ held: [1, 3, 4, 6, 7], read: [1, 3, 4, 6, 7, 8] });
    expect(await kept(3, 1, 4)).toEqual({ held: [0, 1, 6, 7], read: [0, 1, 6, 7, 8] });
  });

  it('keeps the whole prompt where the budget holds it', async () => {
    expect((await kept(3, 0, 8)).held).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
