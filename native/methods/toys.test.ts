/** Examples that were worked out by hand, method by method. */
import { describe, expect, it } from 'vitest';
import { rankTogether } from './ada.ts';
import { largest } from './choose.ts';
import { duo, fullGroups } from './duo.ts';
import { h2o } from './h2o.ts';
import { keydiff } from './keydiff.ts';
import { knorm } from './knorm.ts';
import { pyramid, pyramidBudgets } from './pyramid.ts';
import { PageBounds, quest } from './quest.ts';
import { random } from './random.ts';
import { rowScores } from './rows.ts';
import { contextOf } from './select-layer.ts';
import { sinkWindow } from './sink-window.ts';
import { snapkv } from './snapkv.ts';
import { attentionLayer, keyLayer, randomLayer, selectAll } from './testing/layers.ts';
import { drawnMask } from './testing/masks.ts';
import { tidal } from './tidal.ts';
import { topk } from './topk.ts';
import { tova } from './tova.ts';
import { pool } from './votes.ts';
import { window } from './window.ts';

/** Rows that sum to 1 over as many keys as they need. */
const uniform = (length: number) => Array.from({ length }, () => 1 / length);

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

  it('drops what lies between, as a one-shot compression of ten keys to six does', async () => {
    const { held } = await selectAll(sinkWindow, [randomLayer(1, { tokens: 11 })], {
      promptLength: 10,
      parameters: { sink: 2 },
      budget: { keys: 6 },
    });
    expect(held[0]![0]).toEqual([0, 1, 6, 7, 8, 9]);
  });

  it('masks the rows of a prompt', async () => {
    const request = { layers: 1, promptLength: 6, budget: null, breathe: () => Promise.resolve() };
    const drawn = async (sink: number, width: number) => {
      const context = contextOf(sinkWindow, { ...request, parameters: { sink, window: width } });
      return drawnMask((await sinkWindow.prefill!(randomLayer(1, { tokens: 6 }), 0, context))[0]!, 6);
    };
    expect(await drawn(1, 2)).toBe('#.....|##....|###...|#.##..|#..##.|#...##');
    expect(await drawn(0, 3)).toBe('#.....|##....|###...|.###..|..###.|...###');
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

describe('local window', () => {
  it('includes the query itself', async () => {
    const { held, reads } = await selectAll(window, [randomLayer(1, { tokens: 6 })], {
      promptLength: 3,
      budget: { keys: 3 },
    });
    expect(held[0]![0]).toEqual([0, 1, 2]);
    expect(reads[0]!.map((heads) => heads[0])).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
    ]);
  });
});

describe('methods that look at keys alone', () => {
  const keys = [
    [1, 0],
    [0.96, 0.28],
    [0.8, 0.6],
    [0, 1],
  ];
  const heldOf = async (method: typeof keydiff, of: readonly (readonly number[])[], budget: number) => {
    const layer = keyLayer([...of, [1, 1]], [1, 1]);
    return (await selectAll(method, [layer], { promptLength: of.length, budget: { keys: budget } })).held[0]![0];
  };

  it('KeyDiff keeps the keys that are least like the mean', async () => {
    expect(await heldOf(keydiff, keys, 2)).toEqual([0, 3]);
    // Longer keys have the same directions.
    expect(await heldOf(keydiff, [keys[0]!, [9.6, 2.8], keys[2]!, [0, 5]], 2)).toEqual([0, 3]);
  });

  it('the key norm keeps short keys, of equal ones the first', async () => {
    expect(
      await heldOf(
        knorm,
        [
          [3, 4],
          [0, 1],
          [5, 0],
          [1, 0],
        ],
        3,
      ),
    ).toEqual([0, 1, 3]);
  });

  it('random keys follow the seed, the layer and the group', async () => {
    const layers = [randomLayer(1), randomLayer(1)];
    const request = { promptLength: 20, budget: { keys: 5 } };
    const { held } = await selectAll(random, layers, request);
    expect(held[0]![0]).toHaveLength(5);
    expect(held[0]![0]).not.toEqual(held[0]![2]);
    expect(held[0]![0]).not.toEqual(held[1]![0]);
    const other = await selectAll(random, layers, { ...request, parameters: { seed: 1 } });
    expect(other.held[0]![0]).not.toEqual(held[0]![0]);
  });
});

describe('exact top-k', () => {
  it('reads the keys with the most mass, of equal ones the first', async () => {
    const rows = [...[1, 2, 3, 4].map(uniform), [0.1, 0.3, 0.2, 0.1, 0.3], [0.2, 0.2, 0.2, 0.2, 0.1, 0.1]];
    const { reads } = await selectAll(topk, [attentionLayer([rows])], { promptLength: 4, budget: { keys: 2 } });
    expect(reads[0]!.map((heads) => heads[0])).toEqual([
      [1, 4],
      [0, 1],
    ]);
  });
});

describe('Quest', () => {
  const keys = [
    [1, 0],
    [0, 1],
    [2, 2],
    [-1, -1],
    [1, -1],
    [0.5, -0.5],
    [0, 0],
    [0.2, 0.1],
  ];
  const readAt7 = async (parameters: Readonly<Record<string, number>>, budget: number) => {
    const { reads } = await selectAll(quest, [keyLayer(keys, [1, -1])], {
      promptLength: 7,
      parameters: { page: 2, 'dense-layers': 0, ...parameters },
      budget: { keys: budget },
    });
    return reads[0]![0]![0];
  };

  it('bounds the scores of each page', () => {
    const bounds = new PageBounds(keyLayer(keys, [1, -1]), 2);
    const rounded = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e5) / 1e5);
    expect(rounded(bounds.at(7)[0]!)).toEqual([1, 3, 2, 0.2]);
    // The last page has one key so far.
    expect(rounded(new PageBounds(keyLayer(keys, [1, -1]), 2).at(6)[0]!)).toEqual([1, 3, 2, 0]);
  });

  it('takes a page of unlike keys for a good one', () => {
    const scores = rowScores(keyLayer(keys, [1, -1]), 0, 7);
    const most = [0, 1, 2, 3].map((page) => Math.max(scores[2 * page]!, scores[2 * page + 1]!));
    expect(most.map((score) => Math.round(score * 1e5) / 1e5)).toEqual([1, 0, 2, 0.1]);
    expect([...largest(most, 2)]).toEqual([0, 2]);
    expect([...largest(new PageBounds(keyLayer(keys, [1, -1]), 2).at(7)[0]!, 2)]).toEqual([1, 2]);
  });

  it('reads the pages with the largest bounds', async () => {
    expect(await readAt7({ 'least-pages': 1 }, 4)).toEqual([2, 3, 4, 5]);
    expect(await readAt7({}, 4)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await readAt7({ 'least-pages': 1, newest: 1 }, 6)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('reads everything in its dense layers', async () => {
    expect(await readAt7({ 'least-pages': 1, 'dense-layers': 1 }, 4)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('H2O', () => {
  it('evicts what got least so far, for good', async () => {
    const rows = [
      [1],
      [0.6, 0.4],
      [0.5, 0.2, 0.3],
      [0.1, 0.6, 0.1, 0.2],
      [0.1, 0.5, 0.1, 0.1, 0.2],
      [0.05, 0.7, 0.05, 0.05, 0.05, 0.1],
      uniform(7),
    ];
    const { held, reads } = await selectAll(h2o, [attentionLayer([rows])], {
      promptLength: 3,
      parameters: { heavy: 1 },
      budget: { keys: 3 },
    });
    expect(held[0]![0]).toEqual([0, 1, 2]);
    expect(reads[0]!.map((heads) => heads[0])).toEqual([
      [0, 1, 2, 3],
      [0, 2, 3, 4],
      [0, 3, 4, 5],
      [0, 4, 5, 6],
    ]);
  });
});

describe('TOVA', () => {
  it('drops what the heads of a layer attend to least, the sink too', async () => {
    const start = [1, 2, 3].map(uniform);
    const one = [...start, [0.1, 0.6, 0.05, 0.25], [0.1, 0.3, 0.2, 0.1, 0.3], uniform(6)];
    const other = [...start, [0.3, 0.2, 0.25, 0.25], [0.1, 0.1, 0.4, 0.2, 0.2], uniform(6)];
    const { reads } = await selectAll(tova, [attentionLayer([one, other])], { promptLength: 3, budget: { keys: 3 } });
    const expected = [
      [0, 1, 2, 3],
      [0, 1, 3, 4],
      [1, 3, 4, 5],
    ];
    expect(reads[0]).toEqual(expected.map((keys) => [keys, keys]));
  });
});

describe('DuoAttention', () => {
  const gates = [
    [0.9, 0.1],
    [0.4, 0.7],
  ];

  it('keeps the gates at and above the quantile', () => {
    expect(fullGroups(gates, 0.5, { indices: [0, 1] })).toEqual(new Set(['0 0', '1 1']));
    expect(fullGroups(gates, 0, { indices: [0, 1] }).size).toBe(4);
    // Of equal gates the first ones.
    expect(
      fullGroups(
        [
          [1, 1],
          [1, 0],
        ],
        0.5,
        { indices: [3, 4] },
      ),
    ).toEqual(new Set(['3 0', '3 1']));
  });

  it('lets the others stream, as trained or as deployed', async () => {
    const layers = gates.map((own, at) => ({ ...randomLayer(at, { tokens: 6 }), gates: Float32Array.from(own) }));
    const readsAt5 = async (cache: number) => {
      const parameters = { sink: 1, window: 2, cache };
      return (await selectAll(duo, layers, { promptLength: 5, parameters })).reads.map(([heads]) => heads);
    };
    const all = [0, 1, 2, 3, 4, 5];
    const streaming = [0, 4, 5];
    expect(await readsAt5(0)).toEqual([
      [all, all, streaming, streaming],
      [streaming, streaming, all, all],
    ]);
    expect((await readsAt5(1))[0]![2]).toEqual([0, 3, 4, 5]);
    // Of the 24 pairs of four groups, (2 x 6 + 2 x 3) stay.
    const groups = (await readsAt5(0)).flatMap((heads) => [heads![0]!, heads![2]!]);
    expect(groups.reduce((kept, keys) => kept + keys.length, 0) / 24).toBe(0.75);
  });

  it('ranks by the mass that streaming loses where there are no gates', async () => {
    // The first head looks back, the second only at itself.
    const back = [[1], [0.5, 0.5], [0.1, 0.8, 0.1], [0.1, 0.7, 0.1, 0.1], uniform(5)];
    const own = back.map((_, at) => [...Array.from({ length: at }, () => 0.01), 1 - 0.01 * at]);
    const { q, k, ...layer } = attentionLayer([back, own]);
    const twice = Float32Array.from({ length: 2 * k.length }, (_, at) => k[Math.floor(at / 10) * 5 + (at % 5)]!);
    const { reads } = await selectAll(duo, [{ ...layer, q, k: twice, v: twice, kvHeads: 2 }], {
      promptLength: 4,
      parameters: { sink: 0, window: 1, sparsity: 0.5 },
    });
    expect(reads[0]![0]).toEqual([[0, 1, 2, 3, 4], [4]]);
  });
});

describe('TidalDecode', () => {
  it('hands the choice of a layer on to the layers after it', async () => {
    const chosenBy = (scores: readonly number[]) =>
      attentionLayer([[...[1, 2, 3, 4].map(uniform), scores.map((score) => Math.exp(score))]]);
    const flat = chosenBy([0, 0, 0, 0, 0]);
    const layers = [flat, chosenBy([3, 1, 2, 0, 0.5]), flat, chosenBy([1, 4, 0, 3, 2]), flat];
    const { reads } = await selectAll(tidal, layers, {
      promptLength: 4,
      parameters: { select: 1, correct: 3 },
      budget: { keys: 2 },
    });
    const all = [0, 1, 2, 3, 4];
    expect(reads.map(([heads]) => heads![0])).toEqual([all, all, [0, 2], all, [1, 3]]);
  });

  it('reads 13.9 % with four dense layers of 32 and a budget of a 64th', async () => {
    const layers = Array.from({ length: 32 }, (_, seed) => randomLayer(seed, { tokens: 64 }));
    const { reads } = await selectAll(tidal, layers, {
      promptLength: 63,
      parameters: { select: 2, correct: 13 },
      budget: { keys: 1 },
    });
    const read = reads.map(([heads]) => heads![0]!.length);
    expect(read.filter((length) => length === 64)).toHaveLength(4);
    expect(read.reduce((sum, length) => sum + length, 0) / 64 / 32).toBeCloseTo(0.13867, 5);
  });

  it('refuses layers whose choice it has not seen', () => {
    const layer = randomLayer(1);
    const context = { layers: 4, promptLength: 20, parameters: { select: 1, correct: 2 }, budget: 4 };
    const begin = () => tidal.begin(layer, 3, { ...context, shared: new Map(), breathe: () => Promise.resolve() });
    expect(begin).toThrow('Layer 3 reads what layer 1 chose, which is not there.');
  });
});

describe('PyramidKV', () => {
  it('gives early layers more, and the mean of the budget', () => {
    expect(pyramidBudgets(10, 2, 4, 4, 100)).toEqual([14, 10, 6, 2]);
    // As much as there is, and the rest of the mean for the last layer.
    expect(pyramidBudgets(10, 2, 20, 3, 17)).toEqual([15, 8, 1]);
    expect(pyramidBudgets(10, 2, 4, 4, 15)).toEqual([8, 8, 8, 8]);
  });

  it('keeps the window on top', async () => {
    const layers = [1, 2, 3, 4].map((seed) => randomLayer(seed, { tokens: 101 }));
    const { held } = await selectAll(pyramid, layers, {
      promptLength: 100,
      parameters: { window: 2, beta: 4 },
      budget: { keys: 10 },
    });
    expect(held.map((heads) => heads[0]!.length)).toEqual([16, 12, 8, 4]);
    expect(held.every((heads) => heads.every((keys) => keys.includes(98) && keys.includes(99)))).toBe(true);
  });
});

describe('AdaKV', () => {
  const scores = [Float64Array.of(0.7, 0.15, 0.1, 0.05), Float64Array.of(0.3, 0.28, 0.22, 0.2)];
  const ranked = (sure: number) => rankTogether(scores, 2, sure).map((keys) => [...keys]);

  it('lets the groups of a layer compete', () => {
    expect(ranked(0)).toEqual([[0], [0, 1, 2]]);
    const mass = (lists: readonly (readonly number[])[]) =>
      lists.reduce((sum, keys, group) => sum + keys.reduce((own, key) => own + scores[group]![key]!, 0), 0);
    expect([mass(ranked(0)), mass(ranked(2))]).toEqual([1.5, 1.43].map((each) => expect.closeTo(each, 9) as number));
    expect(ranked(2)).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });
});
