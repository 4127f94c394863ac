import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seenUnder } from './mask-reads.ts';
import { contextOf } from './select-layer.ts';
import { attentionLayer, keyLayer, randomLayer } from './testing/layers.ts';
import { drawnMask } from './testing/masks.ts';
import { chosenLines, keysOnLines, lineSums, verticalSlash } from './vertical-slash.ts';

const breathe = () => Promise.resolve();

describe('vertical-slash', () => {
  // 0 would be the logarithm of nothing.
  const none = 1e-30;
  const rows = [
    ...Array.from({ length: 6 }, (_, query) => Array.from({ length: query + 1 }, () => 1 / (query + 1))),
    [0.4, none, 0.1, none, 0.3, 0.1, 0.1],
    [0.4, none, none, 0.1, none, 0.3, 0.1, 0.1],
  ];
  const parameters = { columns: 2, diagonals: 2, 'first-columns': 1, 'first-diagonals': 1, probe: 2, tile: 2 };
  const maskOf = async (given: Readonly<Record<string, number>>, data = attentionLayer([rows]), promptLength = 8) => {
    const context = contextOf(verticalSlash, {
      layers: 1,
      promptLength,
      parameters: { ...parameters, ...given },
      budget: null,
      breathe,
    });
    return (await verticalSlash.prefill!(data, 0, context))[0]!;
  };

  it('sums the attention of the last rows by column and by distance', async () => {
    const { columns, diagonals } = await lineSums(attentionLayer([rows]), 0, { promptLength: 8, breathe }, 2);
    const rounded = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);
    expect(rounded(columns)).toEqual([0.8, 0, 0.1, 0.1, 0.3, 0.4, 0.2, 0.1]);
    expect(rounded(diagonals)).toEqual([0.2, 0.2, 0.6, 0, 0.2, 0, 0.4, 0.4]);
    const { columns: chosen, diagonals: distances } = chosenLines({ columns, diagonals }, parameters);
    expect([[...chosen], [...distances]]).toEqual([
      [0, 5],
      [0, 2],
    ]);
  });

  it('shows every row the columns and diagonals', async () => {
    expect(drawnMask(await maskOf({}), 8)).toBe(
      '#.......|##......|#.#.....|##.#....|#.#.#...|#..#.#..|#...###.|#....#.#',
    );
  });

  it('covers more as the kernel computes it', async () => {
    const drawn = drawnMask(await maskOf({ mask: 1 }), 8);
    expect(drawn).toBe('#.......|##......|###.....|####....|#.###...|#.####..|#...###.|#...####');
  });

  it('leaves the rows after the prompt as they are', async () => {
    const long = attentionLayer([[...rows, Array.from({ length: 9 }, () => 1 / 9)]]);
    expect(
      drawnMask(await maskOf({}, long), 9)
        .split('|')
        .slice(7),
    ).toEqual(['#....#.#.', '#########']);
    expect(drawnMask(await maskOf({}, keyLayer([[1], [2], [3]], [1]), 1), 3)).toBe('#..|##.|###');
  });

  it('has small counts at 1024 tokens, and in a tile at least what was chosen', async () => {
    const { resolved } = contextOf(verticalSlash, { layers: 1, promptLength: 1024, budget: null, breathe });
    expect(resolved.parameters).toEqual({
      columns: 8,
      diagonals: 48,
      'first-columns': 1,
      'first-diagonals': 1,
      probe: 64,
      mask: 0,
      tile: 8,
    });
    const data = randomLayer(4, { tokens: 50, heads: 1, kvHeads: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 20, max: 50 }),
        async (columns, diagonals, tile, promptLength) => {
          const given = { columns, diagonals, tile };
          const chosen = await maskOf(given, data, promptLength);
          const computed = await maskOf({ ...given, mask: 1 }, data, promptLength);
          const lost = Array.from({ length: 50 }, (_, query) => {
            const wide = seenUnder(computed, 50, query);
            return seenUnder(chosen, 50, query).some((kept, key) => kept > wide[key]!);
          });
          expect(lost).not.toContain(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('merges columns and diagonals, each key once', () => {
    const lines = { columns: Int32Array.of(0, 3, 5), diagonals: Int32Array.of(0, 1, 4) };
    expect([...keysOnLines(lines, 4)]).toEqual([0, 3, 4]);
    expect([...keysOnLines(lines, 7)]).toEqual([0, 3, 5, 6, 7]);
    expect([...keysOnLines(lines, 0)]).toEqual([0]);
  });
});
