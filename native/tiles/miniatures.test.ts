import { afterAll, describe, expect, it } from 'vitest';
import { ScoreReader } from '../pattern/score-blocks.ts';
import { randomCapture } from '../testing/random-capture.ts';
import { miniatures } from './miniatures.ts';

describe('miniatures', () => {
  const readers: ScoreReader[] = [];
  afterAll(async () => {
    for (const reader of readers) await reader.dispose();
  });

  it.each([
    [5, null],
    [256, 40],
    [700, null],
    [700, 90],
  ])('hold the largest probability under each texel, %i tokens, window %s', async (tokens, window) => {
    const { architecture, capture } = await randomCapture({ tokens, window });
    const reader = new ScoreReader(architecture, 1);
    readers.push(reader);
    const { size, values } = miniatures(capture, architecture);
    expect(size).toBe(Math.min(32, tokens));
    const block = tokens === 700 ? 4 : 1;
    const side = Math.ceil(tokens / block);
    const expected = new Float64Array(size * size).fill(NaN);
    for (let query = 0; query < tokens; query++) {
      for (let key = reader.visibleKeys(0, query).first; key <= query; key++) {
        const texel = (token: number) => Math.floor((Math.floor(token / block) * size) / side);
        const at = texel(query) * size + texel(key);
        const p = reader.probability(capture, 0, 1, query, key);
        if (!(expected[at]! >= p)) expected[at] = p;
      }
    }
    expected.forEach((p, at) => {
      const actual = values[size * size + at]!;
      if (Number.isNaN(p)) expect(actual).toBeNaN();
      else expect(actual).toBeCloseTo(p, 5);
    });
  });
});
