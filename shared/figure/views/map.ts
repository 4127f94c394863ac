/** One head's map, or the difference of two, with its axes, strips and colour scale. */
import { AppError } from '../../base/app-error.ts';
import { formatHead, sameHead } from '../../model/head-id.ts';
import type { HeadProfile, RunSummary } from '../../model/run.ts';
import { topLevel } from '../../tensor/tile.ts';
import { COLUMN_LABEL_DEGREES, fitText } from '../../view/map/axis-labels.ts';
import { legendTicks } from '../../view/map/map-colours.ts';
import { sinkKeysOf } from '../../view/map/sink-keys.ts';
import { leavesOutSinks, leftOut, leftOutText, type LeftOut } from '../../view/map/sink-mode.ts';
import { aggregateText, headingText, sinkHeading, VALUE_UNITS } from '../../view/map/value-words.ts';
import { inexactBadges, inexactText, interventionsText, mapOrigin, type MapOrigin } from '../origin.ts';
import { drawPage, frameOf, scratch, type Frame, type PageText } from '../page.ts';
import { axesBands, columnGap, drawTokenAxes, LABEL_GAP_EM, type AxesBands } from '../parts/token-axes.ts';
import { barWidth, drawBar, type BarLegend } from '../parts/colour-bar.ts';
import { DISTANCE_BELOW_EM, distanceLeft, drawDistanceBars } from '../parts/distance-bars.ts';
import { colouringOf, type MapColouring } from '../parts/map-colouring.ts';
import { finestLevel, hasMasked, loadMap, wholeTexels, type MapData, type MapRegion } from '../parts/map-data.ts';
import { mapTable } from '../parts/map-table.ts';
import { drawMapPlot } from '../parts/map-plot.ts';
import { columnMeanHeading, drawColumnMean, drawEntropy, drawSinkStrip } from '../parts/marginals.ts';
import { orNote } from '../parts/or-note.ts';
import { sinkModeOf, type RecipeOf } from '../recipe.ts';
import type { SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureJob } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';

type Recipe = RecipeOf<'map'>;

export interface MapFigure extends Noted {
  readonly origin: MapOrigin;
  readonly run: RunSummary;
  /** The run, and that of what is subtracted. */
  readonly drawn: readonly RunSummary[];
  readonly map: MapData;
  readonly colouring: MapColouring;
  /** What it is drawn without. */
  readonly out: LeftOut;
  /** Whether any texel of the map is. */
  readonly masked: boolean;
  readonly profile: HeadProfile | undefined;
  readonly sinks: readonly { readonly key: number; readonly values: Float32Array }[];
  readonly text: PageText;
}

/** Parts beside the map, em. */
const SINK = { gap: 0.9, width: 1.2 };
const ENTROPY = { gap: 1.4, width: 4.5 };
const COLUMN_MEAN = { gap: 0.8, height: 2.6 };
const DISTANCE = { gap: 1.6, height: 5 };
const BAR_GAP = 1.4;
/** Scales under the strips. */
const BELOW = 1.6;
const TALLEST_BAR = 22;
/** A cell of a short prompt is not larger than this, points. */
const LARGEST_CELL_PT = 42;

export const mapView: FigureView<'map', MapFigure> = {
  id: 'map',
  async load(recipe, job) {
    const { source, measure } = job;
    const run = runOf(source, recipe.run);
    const { head } = recipe;
    const minus = recipe.minus ? { run: runOf(source, recipe.minus.run), head: recipe.minus.head } : undefined;
    const { value, reducer } = mapValue(recipe);
    const tokens = run.ids.length;
    const region = regionOf(recipe.region, tokens);
    const notes: string[] = [];
    const profile = await orNote(notes, 'Row entropy and column means', () =>
      source.ask('run.head', { runId: run.runId, ...head }),
    );
    const mode = sinkModeOf(recipe);
    const rule = recipe.sinks === 'none' ? 'first' : recipe.sinks;
    const sinkKeys = minus ? [0] : sinkKeysOf(rule, recipe.sinkKeys, profile, tokens);
    const keys = minus || mode === 'show' || recipe.sinks === 'none' ? [] : sinkKeys;
    const out = leftOut(mode, sinkKeys);
    const columns = [];
    for (const key of keys) {
      const values =
        key === 0 && profile
          ? profile.firstToken
          : await orNote(notes, `Attention on key ${key}`, async () => {
              return (await source.ask('run.token', { runId: run.runId, ...head, index: key })).incoming;
            });
      if (values) columns.push({ key, values });
    }
    const own: Own = { out, run, drawn: minus ? [run, minus.run] : [run], profile, sinks: columns };
    const finest = Math.max(
      finestLevel(run, head, value, reducer),
      minus ? finestLevel(minus.run, minus.head, value, reducer) : 0,
    );
    // The heading of the coarsest level takes the most room, so the map gets no more than this.
    const frame = frameOf(recipe, pageText(recipe, own, job, 24), measure);
    const level = finestOf(region, tokens, Math.max(finest, fittingLevel(region, job)), job, (texels) => {
      return layoutMap(scratch(recipe, measure), frame, recipe, own, texels, 0).cell;
    });
    const map = await loadMap(
      { run, head, minus, value, reducer, ...out, region: wholeTexels(region, level), level },
      job,
    );
    const options = { ...recipe, value, reducer, excludeSinks: leavesOutSinks(mode) };
    const colouring = await colouringOf([map], options, minus !== undefined, tokens, out.withoutKeys);
    const origin = mapOrigin(own.drawn, { value, reducer, level, leftOut: leftOutText(out) });
    const masked = await hasMasked(map);
    return { ...own, notes, origin, map, colouring, masked, text: pageText(recipe, own, job, level) };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawMap(sketch, frame, recipe, data));
  },

  table: (recipe, { map, origin, profile }) => mapTable(map, origin, recipe.minus !== null, profile),

  python: (recipe) => [
    "values = data['values']  # [queries, keys], NaN = masked",
    "query, key, cells = data['query'], data['key'], data['cells'][0]",
    'extent = [key[0], key[-1] + cells, query[-1] + cells, query[0]]',
    `image = ax.imshow(values, extent=extent, interpolation='nearest', ${pythonColours(recipe)})`,
    `fig.colorbar(image, label='${recipe.minus ? 'Δp' : VALUE_UNITS[recipe.value]}')`,
    "ax.set_xlabel('key (column)')",
    "ax.set_ylabel('query (row)')",
  ],
};

function pythonColours({ minus, value, scale, gamma }: Recipe): string {
  if (minus) return "cmap='RdBu_r', norm=matplotlib.colors.CenteredNorm()";
  if (scale === 'log' && (value === 'probability' || value === 'lift')) return "cmap='viridis', norm='log'";
  return `cmap='viridis', norm=matplotlib.colors.PowerNorm(${gamma})`;
}

/** The finest level whose texels are at least one pixel, with the map as large as the layout makes it. */
export function finestOf(
  region: MapRegion,
  tokens: number,
  least: number,
  { pixelsPerPoint }: FigureJob,
  cellOf: (texels: MapRegion) => number,
): number {
  for (let level = least; level < topLevel(tokens); level++) {
    if (cellOf(wholeTexels(region, level)) * 2 ** level * pixelsPerPoint >= 1 - 1e-9) return level;
  }
  return Math.max(least, topLevel(tokens));
}

/** Differences are of probabilities, and of them the smallest has no meaning. */
function mapValue(recipe: Pick<Recipe, 'value' | 'reducer' | 'minus'>): Pick<Recipe, 'value' | 'reducer'> {
  if (recipe.minus === null) return recipe;
  return { value: 'probability', reducer: recipe.reducer === 'min' ? 'max' : recipe.reducer };
}

/** The whole map where none is asked for; refuses what lies outside. */
export function regionOf(asked: MapRegion | null, tokens: number): MapRegion {
  const region = asked ?? { rowStart: 0, rowEnd: tokens, keyStart: 0, keyEnd: tokens };
  if (region.rowEnd <= tokens && region.keyEnd <= tokens) return region;
  throw new AppError(
    'bad-request',
    `The region ends at ${Math.max(region.rowEnd, region.keyEnd)}, past the last token.`,
    {
      hint: `The prompt has ${tokens} tokens.`,
    },
  );
}

/** Texels a side that a picture inside a file may have. */
export function fittingLevel({ rowStart, rowEnd, keyStart, keyEnd }: MapRegion, { mostTexels }: FigureJob): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(rowEnd - rowStart, keyEnd - keyStart) / mostTexels)));
}

type Own = Pick<MapFigure, 'out' | 'run' | 'drawn' | 'profile' | 'sinks'>;

const ROLE_NAMES = { clean: 'clean', changed: 'ablated' } as const;

/** `L1H3`, `L1H3 − L1H2`, `L1H3: ablated − clean`. */
export function titleOf({ head, minus, run }: Pick<Recipe, 'head' | 'minus' | 'run'>): string {
  if (minus === null) return formatHead(head);
  if (minus.run === run) return `${formatHead(head)} − ${formatHead(minus.head)}`;
  if (sameHead(head, minus.head)) return `${formatHead(head)}: ${ROLE_NAMES[run]} − ${ROLE_NAMES[minus.run]}`;
  return `${formatHead(head)} (${ROLE_NAMES[run]}) − ${formatHead(minus.head)} (${ROLE_NAMES[minus.run]})`;
}

function pageText(recipe: Recipe, { drawn, out }: Own, { source }: FigureJob, level: number): PageText {
  const { value, reducer } = mapValue(recipe);
  const what = recipe.minus
    ? `difference of ${headingText(value, reducer, level, 'linear')}`
    : headingText(value, reducer, level, recipe.scale);
  const shown = [what, leftOutText(out)].filter((part) => part !== '').join(', ');
  const details = recipe.run === 'changed' && recipe.minus === null ? `${shown}, ablated run` : shown;
  const origin = mapOrigin(drawn, { value, reducer, level, leftOut: leftOutText(out) });
  const region = recipe.region
    ? `Queries ${recipe.region.rowStart} to ${recipe.region.rowEnd - 1}, keys ${recipe.region.keyStart} to ${recipe.region.keyEnd - 1}.`
    : '';
  return {
    name: titleOf(recipe),
    details,
    inexact: inexactBadges(origin),
    caption: [
      `Attention of ${titleOf(recipe)}: ${shown}.`,
      region,
      inexactText(origin),
      interventionsText(origin),
      provenanceText(source),
    ],
  };
}

interface MapLayout {
  readonly plot: SceneRect;
  /** Points. */
  readonly cell: number;
  readonly bands: AxesBands;
  readonly sinks: readonly SceneRect[];
  readonly entropy: SceneRect | undefined;
  readonly columnMean: SceneRect | undefined;
  readonly distance: SceneRect | undefined;
  readonly bar: { readonly x: number; readonly y: number; readonly height: number };
}

/** Below these widths of the map, em, the strips beside it give way. */
const LEAST_BESIDE = { entropy: 17, sinks: 9 };
/** Of a colour bar with its labels, em; no less, so that the room for the map is known before its colours. */
const BAR_EM = 5.2;

/**
 * @param region whole texels
 * @param barPt width of the colour bar with its labels, if it is known
 */
function layoutMap(
  sketch: Sketch,
  frame: Frame,
  recipe: Recipe,
  { run, profile, sinks }: Own,
  region: MapRegion,
  barPt: number,
): MapLayout {
  const { em } = sketch;
  const [rows, columns] = [region.rowEnd - region.rowStart, region.keyEnd - region.keyStart];
  const share = Math.min(1, frame.width / em / 60);
  const below = {
    columnMean: recipe.columnMean && profile !== undefined && recipe.minus === null,
    distance: recipe.distance && profile !== undefined && recipe.minus === null,
  };
  const wanted = recipe.entropy && profile !== undefined && recipe.minus === null;
  const barRoom = (BAR_GAP + BAR_EM) * em + Math.max(0, barPt - BAR_EM * em);

  const fitted = (entropy: boolean, strips: number) => {
    const headings = [
      ...sinks.slice(0, strips).map(({ key }) => sinkHeading(key)),
      ...(entropy ? ['row entropy'] : []),
    ];
    const labels = axesBands(sketch, run.tokens, region, recipe.folds, headings, share);
    const heading = below.columnMean ? columnMeanHeading(sketch) : 0;
    const bands = { ...labels, left: Math.max(labels.left, heading) };
    const between = Math.max(SINK.gap * em, columnGap(sketch) - SINK.width * em);
    const stripsRoom = strips === 0 ? 0 : SINK.gap * em + strips * SINK.width * em + (strips - 1) * between;
    const entropyRoom = entropy ? (ENTROPY.gap + ENTROPY.width) * em : 0;
    const width = frame.width - bands.left - stripsRoom - entropyRoom - barRoom;
    return { bands, between, width };
  };
  let [entropy, strips] = [wanted, sinks.length];
  if (entropy && fitted(true, strips).width < LEAST_BESIDE.entropy * em) entropy = false;
  while (strips > 0 && fitted(entropy, strips).width < LEAST_BESIDE.sinks * em) strips--;
  const { bands, between, width } = fitted(entropy, strips);

  const belowRoom =
    (below.columnMean ? COLUMN_MEAN.gap + COLUMN_MEAN.height : strips > 0 || entropy ? BELOW : 0.4) * em +
    (below.distance ? DISTANCE.gap + DISTANCE.height + DISTANCE_BELOW_EM : 0) * em;
  const height = frame.height === undefined ? Infinity : frame.height - bands.top - belowRoom;
  const room = Math.max(4 * em, Math.min(width / columns, height / rows, LARGEST_CELL_PT) * columns) / columns;
  const cell = snapped(room, region, recipe.dpi);
  const plot = { x: frame.x + bands.left, y: frame.y + bands.top, width: columns * cell, height: rows * cell };

  let right = plot.x + plot.width;
  const beside = (gap: number, wide: number): SceneRect => {
    const rect = { x: right + gap, y: plot.y, width: wide, height: plot.height };
    right = rect.x + wide;
    return rect;
  };
  const sinkRects = Array.from({ length: strips }, (_, place) =>
    beside(place === 0 ? SINK.gap * em : between, SINK.width * em),
  );
  const entropyRect = entropy ? beside(ENTROPY.gap * em, ENTROPY.width * em) : undefined;
  let bottom = plot.y + plot.height;
  const under = (gap: number, high: number): SceneRect => {
    const rect = { x: plot.x, y: bottom + gap * em, width: plot.width, height: high * em };
    bottom = rect.y + rect.height;
    return rect;
  };
  const columnMean = below.columnMean ? under(COLUMN_MEAN.gap, COLUMN_MEAN.height) : undefined;
  const distance = below.distance ? under(DISTANCE.gap, DISTANCE.height) : undefined;
  return {
    plot,
    cell,
    bands,
    sinks: sinkRects,
    entropy: entropyRect,
    columnMean,
    distance,
    bar: { x: right + BAR_GAP * em, y: plot.y, height: Math.min(Math.max(plot.height, 6 * em), TALLEST_BAR * em) },
  };
}

/**
 * Where little room is lost, a texel gets a whole number of pixels, so that all are equally wide. Points per cell; the
 * level is that of texels of at least one pixel.
 */
export function snapped(cell: number, { rowEnd, keyEnd }: MapRegion, dpi: number): number {
  const perPoint = dpi / 72;
  const level = Math.min(
    topLevel(Math.max(rowEnd, keyEnd)),
    Math.max(0, Math.ceil(Math.log2(1 / (cell * perPoint)) - 1e-9)),
  );
  const texelPx = cell * perPoint * 2 ** level;
  const whole = Math.floor(texelPx + 1e-9);
  return whole >= 1 && whole / texelPx > 0.9 ? whole / perPoint / 2 ** level : cell;
}

function drawMap(sketch: Sketch, frame: Frame, recipe: Recipe, data: MapFigure): number {
  const { em } = sketch;
  const { run, map, colouring, profile, sinks } = data;
  const { colours, open } = colouring;
  const { value } = mapValue(recipe);
  const { region } = map;
  const aggregate = aggregateText(mapValue(recipe).reducer, map.level);
  const legend: BarLegend = {
    map: colours.map,
    ticks: legendTicks(colours.scale, open),
    lines: [recipe.minus ? 'Δp' : VALUE_UNITS[value], ...(aggregate === '' ? [] : [aggregate])],
    masked: data.masked,
  };
  const layout = layoutMap(sketch, frame, recipe, data, region, barWidth(sketch, legend));
  const { plot, cell, bands } = layout;
  const strips = [...layout.sinks, ...(layout.entropy ? [layout.entropy] : [])];
  const [first] = strips;
  const right = frame.x + frame.width;

  drawMapPlot(sketch, { data: map, colours, value, plot, cell, numbers: recipe.numbers });
  drawTokenAxes(sketch, {
    plot,
    region,
    cell,
    bands,
    tokens: run.tokens,
    profile,
    folds: recipe.folds,
    right,
    ...(first ? { firstHeading: first.x + first.width / 2 } : {}),
  });
  const rows = { start: region.rowStart, cell };
  for (const [place, rect] of layout.sinks.entries()) {
    const { key, values } = sinks[place]!;
    drawSinkStrip(sketch, rect, rows, key, values);
    drawStripHeading(sketch, rect, sinkHeading(key), right);
  }
  if (layout.entropy && profile) {
    drawEntropy(sketch, layout.entropy, rows, profile);
    drawStripHeading(sketch, layout.entropy, 'row entropy', right);
  }
  if (layout.columnMean && profile) {
    drawColumnMean(sketch, layout.columnMean, { start: region.keyStart, cell }, profile);
  }
  let end = plot.y + plot.height + (strips.length > 0 ? BELOW : 0.4) * em;
  if (layout.columnMean) end = Math.max(end, layout.columnMean.y + layout.columnMean.height + 0.3 * em);
  if (layout.distance && profile) {
    const inset = Math.max(0, distanceLeft(sketch) - bands.left);
    const rect = { ...layout.distance, x: layout.distance.x + inset, width: layout.distance.width - inset };
    end = Math.max(end, drawDistanceBars(sketch, rect, profile));
  }
  return Math.max(end, drawBar(sketch, legend, layout.bar));
}

/** On the slope of the column labels. */
function drawStripHeading(sketch: Sketch, rect: SceneRect, text: string, right: number): void {
  const { em } = sketch;
  const x = rect.x + Math.min(rect.width, SINK.width * em) / 2;
  const label = { em: LABEL_EM } as const;
  const room = (right - x - LABEL_EM * em) / Math.cos((COLUMN_LABEL_DEGREES * Math.PI) / 180);
  const fitting = fitText(text, room, (part) => sketch.width(part, label));
  if (fitting === undefined) return;
  sketch.text(fitting, x + 0.3 * em, rect.y - LABEL_GAP_EM * em, {
    em: LABEL_EM,
    rotate: -COLUMN_LABEL_DEGREES,
    fill: sketch.theme.textDim,
  });
}
