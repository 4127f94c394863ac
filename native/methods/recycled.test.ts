import { describe, expect, it } from 'vitest';
import { recycled } from './recycled.ts';
import { attentionLayer, keyLayer, selectAll } from './testing/layers.ts';

const uniform = (length: number) => Array.from({ length }, () => 1 / length);

describe('Recycled Attention', () => {
  const rows = [...[1, 2, 3].map(uniform), [0.4, 0.1, 0.3, 0.2], [0.2, 0.3, 0.1, 0.1, 0.3], uniform(6), uniform(7)];
  const readsOf = async (parameters: Readonly<Record<string, number>>, heads = [rows]) => {
    const { reads } = await selectAll(recycled, [attentionLayer(heads)], {
      promptLength: 4,
      parameters,
      budget: { keys: 2 },
    });
    return reads[0]!.map(([keys]) => keys);
  };

  it('goes on with what the last full step attended to most', async () => {
    // The row of step 4 over {0, 2, 4} is 1/3, 1/6, 1/2: key 2 goes.
    expect((await readsOf({})).slice(0, 2)).toEqual([
      [0, 2, 4],
      [0, 4, 5],
    ]);
  });

  it('reads everything once a stride is over', async () => {
    expect(await readsOf({ stride: 2 })).toEqual([
      [0, 2, 4],
      [0, 1, 2, 3, 4, 5],
      // The row of step 5 is flat: of equal keys the first ones.
      [0, 1, 6],
    ]);
    expect(await readsOf({ stride: 1 })).toEqual([4, 5, 6].map((query) => [...Array(query + 1).keys()]));
  });

  it('merges the heads of a group by their largest or their mean attention', async () => {
    const heads = [
      [0.9, 0.04, 0.03, 0.03],
      [0.01, 0.5, 0.45, 0.04],
      [0.01, 0.45, 0.5, 0.04],
    ].map((last) => rows.map((row, at) => (at === 3 ? last : row)));
    // Largest: 0.9, 0.5, 0.5, 0.04; sums: 0.92, 0.99, 0.98, 0.11.
    expect((await readsOf({}, heads))[0]).toEqual([0, 1, 4]);
    expect((await readsOf({ merge: 1 }, heads))[0]).toEqual([1, 2, 4]);
  });

  it('reads everything where queries turn away, looking every few steps', async () => {
    const keys = Array.from({ length: 8 }, (_, at) => [Math.cos(at), Math.sin(at)]);
    const layer = keyLayer(keys, [1, 0]);
    layer.q.set([0, 1], 2 * 5);
    const { reads } = await selectAll(recycled, [layer], {
      promptLength: 3,
      parameters: { trigger: 1, check: 1 },
      budget: { keys: 1 },
    });
    // The query at 5 is at a right angle to all others; the one at 6 too, to that at 5.
    expect(reads[0]!.map(([read]) => read!.length)).toEqual([2, 2, 6, 7, 2]);
    const rarely = await selectAll(recycled, [layer], {
      promptLength: 3,
      parameters: { trigger: 1, check: 2 },
      budget: { keys: 1 },
    });
    expect(rarely.reads[0]!.map(([read]) => read!.length)).toEqual([2, 2, 2, 2, 2]);
  });
});
