/** What every figure keeps to, whatever its size and its data. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIGURE_VIEWS, parseRecipe, type FigureViewId } from '../../shared/figure/recipe.ts';
import { flatNodes, textCorners, type Scene, type SceneText } from '../../shared/figure/scene.ts';
import type { FigureSource } from '../../shared/figure/source.ts';
import { fakeSource } from '../../shared/figure/testing/fake-source.ts';
import { loadRecipe } from '../../shared/figure/views/index.ts';
import { TEST_RECIPES } from './testing/recipes.ts';
import { testFonts as fonts } from './testing/render.ts';

async function sceneOf(view: FigureViewId, page: object, source: FigureSource): Promise<Scene> {
  const recipe = parseRecipe({ ...TEST_RECIPES[view], ...page });
  const job = {
    source,
    signal: new AbortController().signal,
    measure: fonts.measure,
    pixelsPerPoint: recipe.dpi / 72,
    mostTexels: Infinity,
    progress: () => undefined,
  };
  return (await loadRecipe(recipe, job)).scene(fonts.measure);
}

type Box = ReturnType<typeof textCorners>;

const texts = (scene: Scene) => flatNodes(scene.nodes).filter((node): node is SceneText => node.kind === 'text');

/** The box of the letters: without the free room over small ones and under those without a descender. */
function inner(text: SceneText): Box {
  const [a, b, c, d] = textCorners({ ...text, size: text.size }, fonts.measure) as [Box[0], Box[0], Box[0], Box[0]];
  const towards = (from: Box[0], to: Box[0], share: number): Box[0] => [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
  ];
  return [towards(a, d, 0.15), towards(b, c, 0.15), towards(b, c, 0.8), towards(a, d, 0.8)];
}

/** By the theorem of the separating axis. */
function overlap(a: Box, b: Box): boolean {
  for (const box of [a, b]) {
    for (const [from, to] of [
      [box[0]!, box[1]!],
      [box[1]!, box[2]!],
    ] as const) {
      const normal = [to[1] - from[1], from[0] - to[0]] as const;
      const along = (corners: Box) => corners.map(([x, y]) => x * normal[0] + y * normal[1]);
      const [p, q] = [along(a), along(b)];
      const slack = 1e-3 * Math.hypot(...normal);
      if (Math.max(...p) <= Math.min(...q) + slack || Math.max(...q) <= Math.min(...p) + slack) return false;
    }
  }
  return true;
}

function misplaced(scene: Scene): string[] {
  const problems: string[] = [];
  const boxes = texts(scene).map((text) => ({ text: text.text, box: inner(text) }));
  for (const { text, box } of boxes) {
    const out = box.some(([x, y]) => x < -0.01 || y < -0.01 || x > scene.width + 0.01 || y > scene.height + 0.01);
    if (out) problems.push(`“${text}” leaves the page`);
  }
  for (const [index, one] of boxes.entries()) {
    for (const other of boxes.slice(index + 1)) {
      if (overlap(one.box, other.box)) problems.push(`“${one.text}” over “${other.text}”`);
    }
  }
  for (const { x, y, width, height } of [...scene.rasters, ...scene.ramps]) {
    if (x < 0 || y < 0 || x + width > scene.width + 0.01 || y + height > scene.height + 0.01)
      problems.push('a picture leaves the page');
  }
  return problems;
}

const shapes = fc.record({
  tokens: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 700 })),
  layers: fc.integer({ min: 1, max: 30 }),
  kvHeads: fc.integer({ min: 1, max: 6 }),
  perGroup: fc.integer({ min: 1, max: 4 }),
});
const pages = fc.record({
  widthMm: fc.double({ min: 70, max: 250, noNaN: true }),
  fontPt: fc.double({ min: 5, max: 9, noNaN: true }),
  title: fc.constantFrom(
    null,
    '',
    'A title of one’s own that is rather long, as titles of figures in papers happen to be',
  ),
  caption: fc.boolean(),
  theme: fc.constantFrom('light', 'dark'),
  heightMm: fc.oneof(fc.constant(null), fc.double({ min: 120, max: 300, noNaN: true })),
  folds: fc.constantFrom(
    ...[[], [{ start: 1, end: 3, name: 'needle' }], [{ start: 2, end: 30, name: 'a span with a long name' }]].map(
      (folds): readonly { start: number; end: number; name: string }[] => folds,
    ),
  ),
  region: fc.constantFrom(null, { rowStart: 3, rowEnd: 9, keyStart: 0, keyEnd: 5 }),
});

describe.each(FIGURE_VIEWS)('a figure of the view %s', (view) => {
  it('keeps its labels on the page and apart from each other', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, pages, async ({ tokens, layers, kvHeads, perGroup }, page) => {
        const source = fakeSource({ tokens, layers, kvHeads, heads: kvHeads * perGroup });
        const inside = {
          folds: page.folds.filter(({ end }) => end <= tokens),
          region: page.region && page.region.rowEnd <= tokens ? page.region : null,
        };
        expect(misplaced(await sceneOf(view, { ...page, ...inside }, source))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
