import { describe, expect, it } from 'vitest';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { renderBytes } from './testing/render.ts';

const shape = { tokens: 30, layers: 1, heads: 2, kvHeads: 1 };
const head = { layer: 0, head: 0 };
/** All of its keys lie before all of its queries. */
const below = { rowStart: 20, rowEnd: 30, keyStart: 0, keyEnd: 10 };

describe.each([
  ['map', { view: 'map', head }],
  ['compare', { view: 'compare', maps: [{ head }, { head: { layer: 0, head: 1 } }] }],
])('the colour bar of the view %s', (_, recipe) => {
  const hasKey = async (of: object, region: object | null) => {
    const { bytes } = await renderBytes({ ...recipe, region }, 'svg', fakeSource({ ...shape, ...of }));
    return bytes.toString('utf8').includes('>masked</text>');
  };

  it('names the colour of masked cells where there are any: in the future, or past a sliding window', async () => {
    expect(await hasKey({}, null)).toBe(true);
    expect(await hasKey({}, below)).toBe(false);
    expect(await hasKey({ window: 15 }, below)).toBe(true);
    expect(await hasKey({ window: 15 }, { rowStart: 20, rowEnd: 22, keyStart: 10, keyEnd: 12 })).toBe(false);
  });
});
