import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { drawHeadSets as drawWith, type DrawRequest } from './draw-heads.ts';

const drawHeadSets = (request: DrawRequest) => drawWith(request, () => Promise.resolve());
const SHAPE = { layers: 4, heads: 6 };
const all: HeadId[] = Array.from({ length: 24 }, (_, at) => ({ layer: Math.floor(at / 6), head: at % 6 }));
const sets = fc.subarray(all, { minLength: 1, maxLength: 12 });
const keyOf = (heads: readonly HeadId[]): string => heads.map(formatHead).sort().join();
const perLayer = (heads: readonly HeadId[]): number[] =>
  Array.from({ length: SHAPE.layers }, (_, layer) => heads.filter((head) => head.layer === layer).length);

describe('drawHeadSets', () => {
  it('draws other sets of the same size, of each layer where they match, the same ones for a seed', async () => {
    await fc.assert(
      fc.asyncProperty(sets, fc.boolean(), fc.nat(), async (set, matched, seed) => {
        const request = { ...SHAPE, set, draws: 8, matched, seed };
        const drawn = await drawHeadSets(request);
        expect(drawn).toHaveLength(8);
        for (const heads of drawn) {
          expect(new Set(heads.map(formatHead)).size).toBe(set.length);
          if (matched) expect(perLayer(heads)).toEqual(perLayer(set));
        }
        expect(await drawHeadSets(request)).toEqual(drawn);
        expect(await drawHeadSets({ ...request, draws: 3 })).toEqual(drawn.slice(0, 3));
        // Of whole layers there is only one set.
        const isOnly = matched && perLayer(set).every((count) => count === 0 || count === SHAPE.heads);
        expect(drawn.some((heads) => keyOf(heads) === keyOf(set))).toBe(isOnly);
      }),
    );
  });

  it('draws every set once before any comes again', async () => {
    const drawn = await drawHeadSets({ ...SHAPE, set: [{ layer: 2, head: 3 }], draws: 5, matched: true, seed: 4 });
    expect(drawn.map(keyOf).sort()).toEqual(['L2H0', 'L2H1', 'L2H2', 'L2H4', 'L2H5']);
  });

  it('leaves out heads where there are enough others', async () => {
    const set = all.filter(({ layer, head }) => layer === 1 && head < 3);
    const apart = [...set, { layer: 1, head: 3 }];
    const [other] = await drawHeadSets({ ...SHAPE, set, draws: 1, matched: false, seed: 1, apart });
    expect(other!.some((head) => apart.some((left) => formatHead(left) === formatHead(head)))).toBe(false);
    // Two are left in the layer, and three are needed: any may be drawn.
    const matched = await drawHeadSets({ ...SHAPE, set, draws: 10, matched: true, seed: 1, apart });
    expect(matched.every((heads) => perLayer(heads)[1] === 3)).toBe(true);
  });

  it('draws all heads alike', async () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 400; seed++) {
      const [heads] = await drawHeadSets({ ...SHAPE, set: all.slice(0, 6), draws: 1, matched: false, seed, apart: [] });
      for (const head of heads!) counts.set(formatHead(head), (counts.get(formatHead(head)) ?? 0) + 1);
    }
    // 100 of 400 are expected, give or take five standard deviations of 8.7.
    for (const head of all) expect(Math.abs((counts.get(formatHead(head)) ?? 0) - 100)).toBeLessThan(44);
  });
});
