// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { makeScoreTable } from '../../shared/model/testing/score-table.ts';
import { glyphBars, glyphOf } from './glyphs.ts';

const cell = { x: 10, y: 20, width: 12, height: 10 };
const plain = glyphOf(makeScoreTable('a', [0, 0.25, 1]), 'a');
const signed = glyphOf(makeScoreTable('b', [-1, 0.5, NaN], { domain: [-1, 1] }), 'b');

describe('bars in cells', () => {
  it('grow from the floor of the cell', () => {
    const heights = [0, 1, 2].map((index) => glyphBars([plain], index, cell)[0]!);
    expect(heights.map(({ height, y }) => [height, y + height])).toEqual([
      [0, 30],
      [2.5, 30],
      [10, 30],
    ]);
  });

  it('grow from the middle where the score is signed, and are not there without a value', () => {
    expect(glyphBars([signed], 0, cell)[0]).toMatchObject({ y: 25, height: 5 });
    expect(glyphBars([signed], 1, cell)[0]).toMatchObject({ y: 22.5, height: 2.5 });
    expect(glyphBars([signed], 2, cell)).toEqual([]);
  });

  it('share the width, and keep their place beside one that is missing', () => {
    const [first, second] = glyphBars([plain, signed], 1, cell);
    expect([first!.place, second!.place]).toEqual([0, 1]);
    expect(first!.x + first!.width).toBeLessThan(second!.x);
    expect(second!.x + second!.width).toBeLessThanOrEqual(22);
    expect(glyphBars([signed, plain], 2, cell).map(({ place }) => place)).toEqual([1]);
  });
});
