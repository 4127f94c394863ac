/** All heads as small maps, from the pooled statistics of the run. */
import type { Miniatures, RunSummary } from '../../model/run.ts';
import { allHeads } from '../../view/atlas/head-order.ts';
import { mapsDomain, mapsTicks, mapsTitle } from '../../view/atlas/legend-ticks.ts';
import { MAPS_COLOURS } from '../../view/atlas/map-sheet.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { drawLevelBar } from '../parts/colour-bar.ts';
import { cellOf, drawCross, drawGridLabels, drawRing, headGrid } from '../parts/head-grid.ts';
import { mapRaster } from '../parts/map-plot.ts';
import type { RecipeOf } from '../recipe.ts';
import type { Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureModel } from '../source.ts';
import { changedHeads } from '../../model/changed-heads.ts';
import type { FigureView, Noted } from '../view.ts';

export interface MapsFigure extends Noted {
  readonly run: RunSummary;
  readonly model: FigureModel;
  readonly miniatures: Miniatures;
  readonly text: PageText;
}

const LARGEST_CELL_EM = 18;
const LEGEND_EM = 7;

export const mapsView: FigureView<'maps', MapsFigure> = {
  id: 'maps',
  async load(recipe, { source }) {
    const run = runOf(source, recipe.run);
    const miniatures = await source.ask('run.miniatures', { runId: run.runId });
    const origin = originOf([run]);
    const title = mapsTitle({ size: miniatures.size, tokens: run.ids.length });
    return {
      run,
      model: source.model,
      miniatures,
      origin,
      notes: [],
      text: {
        name: 'Attention of every head',
        details: recipe.run === 'changed' ? `${title}, ablated run` : title,
        inexact: inexactBadges(origin),
        caption: [
          `Maps of all heads, queries downward, keys to the right: ${title}, ${mapsDomain()}.`,
          run.interventions.length > 0 ? 'A cross marks a head that is changed.' : '',
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawMaps(sketch, frame, recipe, data));
  },

  table: (_, { run, model, miniatures: { size, values } }) =>
    Promise.resolve({
      arrays: [
        {
          name: 'values',
          shape: [model.layers, model.heads, size, size],
          values,
          about: `${mapsTitle({ size, tokens: run.ids.length })}, [layers, heads, queries, keys]; NaN = masked`,
        },
      ],
      texts: [],
      sheet: {
        header: ['layer', 'head', 'row', 'column', mapsTitle({ size, tokens: run.ids.length })],
        rows: texelRows(model, size, values),
      },
    }),

  python: () => [
    "values = data['values']  # [layers, heads, queries, keys], NaN = masked",
    'layers, heads, size, _ = values.shape',
    'sheet = values.transpose(0, 2, 1, 3).reshape(layers * size, heads * size)',
    "image = ax.imshow(sheet, cmap='viridis', norm=matplotlib.colors.LogNorm(1e-4, 1, clip=True), interpolation='nearest')",
    'ax.set_xticks(np.arange(heads) * size + size / 2, range(heads))',
    'ax.set_yticks(np.arange(layers) * size + size / 2, range(layers))',
    "fig.colorbar(image, label='probability, largest of each texel')",
  ],
};

function* texelRows({ layers, heads }: FigureModel, size: number, values: Float32Array): Generator<readonly number[]> {
  let at = 0;
  for (const { layer, head } of allHeads(layers, heads)) {
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const value = values[at++]!;
        if (!Number.isNaN(value)) yield [layer, head, row, column, value];
      }
    }
  }
}

function drawMaps(sketch: Sketch, frame: Frame, recipe: RecipeOf<'maps'>, data: MapsFigure): number {
  const { em, theme } = sketch;
  const { run, model, miniatures } = data;
  const { size, values } = miniatures;
  const grid = headGrid(sketch, frame, model, { largestEm: LARGEST_CELL_EM, square: true, below: LEGEND_EM * em });
  drawGridLabels(sketch, grid, model);
  for (const [index, head] of allHeads(model.layers, model.heads).entries()) {
    const texels = values.subarray(index * size * size, (index + 1) * size * size);
    const map = {
      rows: size,
      columns: size,
      read: (start: number, end: number) => Promise.resolve(texels.subarray(start * size, end * size)),
    };
    sketch.rasters.push({ ...cellOf(grid, head), source: mapRaster(map, MAPS_COLOURS, theme.mask) });
  }
  for (const head of changedHeads(run.interventions, model)) drawCross(sketch, grid, head);
  if (recipe.selected) drawRing(sketch, grid, recipe.selected);
  const legend = {
    map: 'viridis',
    ticks: mapsTicks(),
    lines: [mapsTitle({ size, tokens: run.ids.length }), mapsDomain()],
    masked: true,
  } as const;
  const width = Math.min(grid.width - grid.gap, 40 * em, frame.x + frame.width - grid.x - em);
  return drawLevelBar(sketch, legend, { x: grid.x, y: grid.y + grid.height + 0.9 * em, width });
}
