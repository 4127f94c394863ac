/** Several maps of one region side by side, on one colour scale; differences on one of their own. */
import type { RunSummary } from '../../model/run.ts';
import type { TokenView } from '../../model/token-view.ts';
import { fitText } from '../../view/map/axis-labels.ts';
import { aggregateText, headingText, VALUE_UNITS } from '../../view/map/value-words.ts';
import { legendTicks } from '../../view/map/map-colours.ts';
import { leavesOutSinks, leftOut, leftOutText, type LeftOut } from '../../view/map/sink-mode.ts';
import { inexactBadges, inexactText, interventionsText, mapOrigin, type FigureOrigin } from '../origin.ts';
import { drawPage, frameOf, scratch, type Frame, type PageText } from '../page.ts';
import { barWidth, drawBar, type BarLegend } from '../parts/colour-bar.ts';
import { colouringOf, type MapColouring } from '../parts/map-colouring.ts';
import { finestLevel, hasMasked, loadMap, wholeTexels, type MapData, type MapRegion } from '../parts/map-data.ts';
import { drawMapPlot } from '../parts/map-plot.ts';
import { checkCount, valuesText } from '../parts/map-table.ts';
import { axesBands, drawTokenAxes, type AxesBands } from '../parts/token-axes.ts';
import { sinkModeOf, type RecipeOf } from '../recipe.ts';
import type { SceneRect } from '../scene.ts';
import type { Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureJob } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';
import { finestOf, fittingLevel, regionOf, snapped, titleOf } from './map.ts';

type Recipe = RecipeOf<'compare'>;

interface ComparedMap {
  readonly title: string;
  readonly isDifference: boolean;
  readonly map: MapData;
  /** Whether any of its texels is. */
  readonly masked: boolean;
}

export interface CompareFigure extends Noted {
  readonly run: RunSummary;
  readonly maps: readonly ComparedMap[];
  /** Of maps, and of differences. */
  readonly plain: MapColouring | undefined;
  readonly difference: MapColouring | undefined;
  readonly text: PageText;
}

/** Maps side by side have no strips: the first key is the sink of all of them. */
const SINKS = [0];

export const compareView: FigureView<'compare', CompareFigure> = {
  id: 'compare',
  async load(recipe, job) {
    const { source, measure } = job;
    const asked = recipe.maps.map((map) => ({
      ...map,
      title: `${titleOf(map)}${map.run === 'changed' && map.minus === null ? ' (ablated)' : ''}`,
      summary: runOf(source, map.run),
      other: map.minus ? { run: runOf(source, map.minus.run), head: map.minus.head } : undefined,
    }));
    const run = asked[0]!.summary;
    const tokens = run.ids.length;
    const region = regionOf(recipe.region, tokens);
    const finest = Math.max(
      fittingLevel(region, job),
      ...asked.map(({ summary, head, other }) => {
        const { value, reducer } = valueOf(recipe, other !== undefined);
        return Math.max(
          finestLevel(summary, head, value, reducer),
          other ? finestLevel(other.run, other.head, value, reducer) : 0,
        );
      }),
    );
    const drawn = asked.flatMap(({ summary, other }) => (other ? [summary, other.run] : [summary]));
    const values = valueOf(
      recipe,
      asked.every(({ other }) => other !== undefined),
    );
    const mode = sinkModeOf(recipe);
    const out = leftOut(mode, SINKS);
    const originAt = (level: number) => mapOrigin(drawn, { ...values, level, leftOut: leftOutText(out) });
    const text = (level: number) => pageText(recipe, out, originAt(level), job, level);
    const frame = frameOf(recipe, text(24), measure);
    const level = finestOf(region, tokens, finest, job, (texels) => {
      return layoutMaps(scratch(recipe, measure), frame, arrangement(recipe), run.tokens, texels, 0).cell;
    });
    const maps: ComparedMap[] = [];
    for (const { title, summary, head, other } of asked) {
      const question = { run: summary, head, minus: other, ...valueOf(recipe, other !== undefined), level };
      const texels = wholeTexels(region, level);
      const map = await loadMap({ ...question, ...out, region: texels }, job);
      maps.push({ title, isDifference: other !== undefined, map, masked: await hasMasked(map) });
    }
    const colouring = (isDifference: boolean) => {
      const those = maps.filter((one) => one.isDifference === isDifference).map(({ map }) => map);
      const options = { ...recipe, ...valueOf(recipe, isDifference), excludeSinks: leavesOutSinks(mode) };
      return those.length === 0 ? undefined : colouringOf(those, options, isDifference, tokens, []);
    };
    return {
      run,
      maps,
      plain: await colouring(false),
      difference: await colouring(true),
      origin: originAt(level),
      notes: [],
      text: text(level),
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawMaps(sketch, frame, recipe, data));
  },

  async table(recipe, { maps, origin }) {
    const [first] = maps;
    const { rows, columns, region, level } = first!.map;
    checkCount(rows * columns * maps.length);
    const values = new Float32Array(maps.length * rows * columns);
    for (const [index, { map }] of maps.entries()) values.set(await map.read(0, rows), index * rows * columns);
    const side = 2 ** level;
    const starts = (from: number, count: number) => Int32Array.from({ length: count }, (_, at) => from + at * side);
    const [query, key] = [starts(region.rowStart, rows), starts(region.keyStart, columns)];
    const without = leftOutText(leftOut(sinkModeOf(recipe), SINKS));
    const kinds = [...new Set(maps.map(({ isDifference }) => isDifference))];
    const what = kinds
      .map((isDifference) =>
        valuesText({ ...valueOf(recipe, isDifference), level, leftOut: without }, isDifference, origin),
      )
      .join('; or ');
    return {
      arrays: [
        {
          name: 'values',
          shape: [maps.length, rows, columns],
          values,
          about: `${what}, [maps, queries, keys]; NaN = masked`,
        },
        { name: 'query', shape: [rows], values: query, about: 'first query of each row' },
        { name: 'key', shape: [columns], values: key, about: 'first key of each column' },
        { name: 'cells', shape: [1], values: Int32Array.of(side), about: 'cells a side of a texel' },
      ],
      texts: [{ name: 'maps', values: maps.map(({ title }) => title), about: 'which map each is' }],
      sheet: {
        header: ['map', 'query', 'key', `value (${what})`],
        rows: texelRows(maps, values, query, key),
      },
    };
  },

  python: () => [
    "values = data['values']  # [maps, queries, keys], NaN = masked",
    'plt.close(fig)',
    "fig, axes = plt.subplots(1, len(values), sharex=True, sharey=True, squeeze=False, layout='constrained')",
    "for ax, title, values_of_one in zip(axes[0], data['maps'], values):",
    "    image = ax.imshow(values_of_one, interpolation='nearest')",
    '    ax.set_title(str(title))',
    '    fig.colorbar(image, ax=ax)',
  ],
};

function* texelRows(
  maps: readonly ComparedMap[],
  values: Float32Array,
  query: Int32Array,
  key: Int32Array,
): Generator<readonly (string | number)[]> {
  let at = 0;
  for (const { title } of maps) {
    for (const row of query) {
      for (const column of key) {
        const value = values[at++]!;
        if (!Number.isNaN(value)) yield [title, row, column, value];
      }
    }
  }
}

/** Differences are of probabilities, and of them the smallest has no meaning. */
function valueOf({ value, reducer }: Recipe, isDifference: boolean): Pick<Recipe, 'value' | 'reducer'> {
  return isDifference ? { value: 'probability', reducer: reducer === 'min' ? 'max' : reducer } : { value, reducer };
}

function pageText(recipe: Recipe, out: LeftOut, origin: FigureOrigin, { source }: FigureJob, level: number): PageText {
  const heading = headingText(recipe.value, recipe.reducer, level, recipe.scale);
  const what = [heading, leftOutText(out)].filter((part) => part !== '').join(', ');
  return {
    name: 'Attention maps',
    details: what,
    inexact: inexactBadges(origin),
    caption: [
      `Attention maps on one colour scale: ${what}.`,
      recipe.maps.some(({ minus }) => minus) ? 'Differences (−) are of probabilities.' : '',
      inexactText(origin),
      interventionsText(origin),
      provenanceText(source),
    ],
  };
}

interface CompareLayout {
  readonly columns: number;
  readonly cell: number;
  readonly bands: AxesBands;
  readonly plots: readonly SceneRect[];
  /** Right of the maps. */
  readonly right: number;
  readonly bottom: number;
}

/** Over each map, for its name. Axes stand at the first column and the first row: the maps are of one region. */
export const TITLE_EM = 1.6;
export const GAP_EM = 1.2;
const ROW_GAP_EM = 0.6;
/** For the label of the last row. */
const BELOW_EM = 0.6;
const BAR_EM = 5.2;
const LARGEST_CELL_PT = 30;
/** Side of a map that shows enough. */
const LARGE_EM = 15;
/** No map is smaller. */
const LEAST_EM = 3;
/** Of the width that labels have beside a single map. */
const LABEL_SHARE = 0.6;

/** How many maps of which tokens, and what is set of how they stand. */
export interface Arrangement extends Pick<Recipe, 'columns' | 'folds' | 'dpi'> {
  readonly count: number;
}

const arrangement = ({ maps, columns, folds, dpi }: Recipe): Arrangement => ({
  count: maps.length,
  columns,
  folds,
  dpi,
});

export function layoutMaps(
  sketch: Sketch,
  frame: Frame,
  { count, columns: asked, folds, dpi }: Arrangement,
  tokens: readonly TokenView[],
  region: MapRegion,
  barPt: number,
): CompareLayout {
  const { em } = sketch;
  const barRoom = (GAP_EM + BAR_EM) * em + Math.max(0, barPt - BAR_EM * em);
  const [tokensDown, tokensAcross] = [region.rowEnd - region.rowStart, region.keyEnd - region.keyStart];
  const fitted = (columns: number) => {
    const rows = Math.ceil(count / columns);
    const share = Math.min(1, frame.width / em / 60) * LABEL_SHARE;
    const bands = axesBands(sketch, tokens, region, folds, [], share);
    const width = (frame.width - barRoom - bands.left - (columns - 1) * GAP_EM * em) / columns;
    const height =
      frame.height === undefined
        ? Infinity
        : (frame.height - bands.top - (rows - 1) * ROW_GAP_EM * em - BELOW_EM * em) / rows - TITLE_EM * em;
    return { columns, bands, room: Math.min(width / tokensAcross, height / tokensDown, LARGEST_CELL_PT) };
  };
  const candidates = asked === null ? Array.from({ length: count }, (_, index) => index + 1) : [asked];
  // Without a height any number of maps would stand in one column: no more rows than columns, then.
  const shapely = candidates.filter(
    (columns) => asked !== null || frame.height !== undefined || columns >= Math.ceil(count / columns),
  );
  const longest = Math.max(tokensAcross, tokensDown);
  const isSeen = ({ room }: { readonly room: number }) => room * longest >= LEAST_EM * em;
  const wide = shapely.map(fitted);
  // On a narrow page maps that could not be seen side by side stand below each other.
  const narrow = ({ columns, bands }: (typeof wide)[number]) =>
    bands.left + columns * (LEAST_EM + GAP_EM) * em + barRoom <= frame.width;
  const others = candidates.map(fitted);
  const fits = wide.some(isSeen) ? wide : others.some(narrow) ? others.filter(narrow) : others;
  // A grid without a hole is preferred, as long as its maps are large.
  const full = fits.filter((fit) => count % fit.columns === 0 && fit.room * tokensAcross >= LARGE_EM * em);
  const best = (full.length > 0 ? full : fits).reduce((a, b) => (b.room > a.room * 1.02 ? b : a));
  const { columns, bands } = best;
  const cell = snapped(Math.max(best.room, (LEAST_EM * em) / longest), region, dpi);
  const [width, height] = [tokensAcross * cell, tokensDown * cell];
  const plots = Array.from({ length: count }, (_, index): SceneRect => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return {
      x: frame.x + bands.left + column * (width + GAP_EM * em),
      y: frame.y + bands.top + TITLE_EM * em + row * (height + (TITLE_EM + ROW_GAP_EM) * em),
      width,
      height,
    };
  });
  const last = plots.at(-1)!;
  return {
    columns,
    cell,
    bands,
    plots,
    right: Math.max(...plots.map(({ x }) => x)) + width,
    bottom: last.y + last.height + BELOW_EM * em,
  };
}

function drawMaps(sketch: Sketch, frame: Frame, recipe: Recipe, data: CompareFigure): number {
  const { em } = sketch;
  const { run, maps, plain, difference } = data;
  const { region, level } = maps[0]!.map;
  const legendOf = ({ colours, open }: MapColouring, isDifference: boolean): BarLegend => {
    const { value, reducer } = valueOf(recipe, isDifference);
    const aggregate = aggregateText(reducer, level);
    return {
      map: colours.map,
      ticks: legendTicks(colours.scale, open),
      lines: [isDifference ? 'Δp' : VALUE_UNITS[value], ...(aggregate === '' ? [] : [aggregate])],
      masked: maps.some((one) => one.isDifference === isDifference && one.masked),
    };
  };
  const legends = [...(plain ? [legendOf(plain, false)] : []), ...(difference ? [legendOf(difference, true)] : [])];
  const widest = Math.max(...legends.map((legend) => barWidth(sketch, legend)));
  const layout = layoutMaps(sketch, frame, arrangement(recipe), run.tokens, region, widest);
  const { cell, bands, plots } = layout;
  for (const [index, { title, map, isDifference }] of maps.entries()) {
    const plot = plots[index]!;
    const { colours } = (isDifference ? difference : plain)!;
    sketch.group(title, () => {
      drawMapPlot(sketch, {
        data: map,
        colours,
        value: valueOf(recipe, isDifference).value,
        plot,
        cell,
        numbers: recipe.numbers,
      });
      const column = index % layout.columns;
      drawTokenAxes(sketch, {
        plot,
        region,
        cell,
        bands,
        tokens: run.tokens,
        profile: undefined,
        folds: recipe.folds,
        right: column === layout.columns - 1 ? frame.x + frame.width : plot.x + plot.width + GAP_EM * em,
        above: TITLE_EM * em,
        shows: { keys: index < layout.columns, queries: column === 0 },
      });
      const bold = { weight: 'bold' } as const;
      const name = fitText(title, plot.width + GAP_EM * em - 0.4 * em, (part) => sketch.width(part, bold));
      if (name !== undefined) sketch.text(name, plot.x, plot.y - 0.5 * em, bold);
    });
  }
  let end = layout.bottom;
  let y = plots[0]!.y;
  for (const legend of legends) {
    const height = Math.max(6 * em, Math.min(18 * em, (layout.bottom - y) / legends.length - 4 * em));
    const below = drawBar(sketch, legend, { x: layout.right + GAP_EM * em, y, height });
    end = Math.max(end, below);
    y = below + 1.5 * em;
  }
  return end;
}
