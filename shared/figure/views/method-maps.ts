/** Attention of one head under methods and dense: maps side by side, each value on one scale. */
import { formatHead } from '../../model/head-id.ts';
import type { LabAbout, LabRecord, LabRow } from '../../model/lab.ts';
import type { MethodTileValue } from '../../model/method-views.ts';
import type { TokenView } from '../../model/token-view.ts';
import { unpack } from '../../session/packed.ts';
import type { TileReducer } from '../../tensor/tile.ts';
import { rowName } from '../../view/lab/method-maps.ts';
import { fitText } from '../../view/map/axis-labels.ts';
import { legendTicks, mapColours, openEnds, type Extent } from '../../view/map/map-colours.ts';
import {
  METHOD_TINTS,
  METHOD_VALUE_HINTS,
  METHOD_VALUE_NAMES,
  METHOD_VALUE_UNITS,
  methodColours,
  TINT_OF,
  tintTile,
  type MethodTint,
} from '../../view/map/method-map.ts';
import { aggregateText } from '../../view/map/value-words.ts';
import { drawPage, frameOf, scratch, type Frame } from '../page.ts';
import { barWidth, drawBar, frame as drawFrame, type BarLegend } from '../parts/colour-bar.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { labPage, resultAt, traceOf } from '../parts/lab-page.ts';
import type { MapColouring } from '../parts/map-colouring.ts';
import { hasMasked, loadMap, wholeTexels, type MapData, type TilePlace } from '../parts/map-data.ts';
import { drawMapPlot } from '../parts/map-plot.ts';
import { checkCount } from '../parts/map-table.ts';
import { drawTokenAxes } from '../parts/token-axes.ts';
import type { RecipeOf } from '../recipe.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureJob } from '../source.ts';
import type { FigureView } from '../view.ts';
import { GAP_EM, layoutMaps, TITLE_EM, type Arrangement } from './compare.ts';
import { finestOf, fittingLevel, regionOf } from './map.ts';

type Recipe = RecipeOf<'method-maps'>;

interface DrawnMap {
  readonly title: string;
  readonly value: MethodTileValue;
  readonly map: MapData;
}

export interface MethodMapsFigure extends EffectPage {
  readonly about: LabAbout;
  readonly tokens: readonly TokenView[];
  readonly maps: readonly DrawnMap[];
  /** By value, of which there are maps. */
  readonly colouring: ReadonlyMap<MethodTileValue, MapColouring>;
  /** Values of which a texel is masked. */
  readonly masked: ReadonlySet<MethodTileValue>;
}

/** What a texel over several cells says of them: a share of what is kept, else the largest. */
const reducerOf = (value: MethodTileValue): TileReducer => (value === 'kept' ? 'mean' : 'max');

export const methodMapsView: FigureView<'method-maps', MethodMapsFigure> = {
  id: 'method-maps',
  async load(recipe, job) {
    const { result, head, maps: chosen } = recipe;
    const { source, measure } = job;
    const record = unpack<LabRecord>(result);
    const { about, rows, runId } = record;
    const tokens = about.displays.map((display): TokenView => ({
      id: 0,
      display,
      text: display,
      start: -1,
      end: -1,
      special: false,
    }));
    const asked = chosen.map(({ row, value }) =>
      row === null ? { row: null, value: 'probability' as const } : { row: resultAt(rows, row), value },
    );
    const region = regionOf(null, about.tokens);
    const textAt = (level: number) => pageOf(recipe, record, asked, job, level);
    const frame = frameOf(recipe, textAt(24).text, measure);
    const arranged = arrangement(recipe);
    const level = finestOf(region, about.tokens, fittingLevel(region, job), job, (texels) => {
      return layoutMaps(scratch(recipe, measure), frame, arranged, tokens, texels, 0).cell;
    });
    const run = { runId, ids: new Int32Array(about.tokens) };
    const plain = { run, head, minus: undefined, skipKeys: 0, renormalise: false, value: 'probability' as const };
    const maps: DrawnMap[] = [];
    for (const { row, value } of asked) {
      const reducer = reducerOf(value);
      const ask = row === null ? undefined : tilesOf(source, traceOf(row), head, value);
      const question = { ...plain, reducer, level, region: wholeTexels(region, level), ...(ask ? { ask } : {}) };
      maps.push({ title: titleOf(row, value), value, map: await loadMap(question, job) });
    }
    const masked = new Set<MethodTileValue>();
    for (const { value, map } of maps) if (await hasMasked(map)) masked.add(value);
    const colouring = new Map<MethodTileValue, MapColouring>();
    for (const value of new Set(maps.map((map) => map.value))) {
      colouring.set(value, await colouringOf(maps, value, recipe, about.tokens));
    }
    return { ...textAt(level), about, tokens, maps, colouring, masked };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawMaps(sketch, frame, recipe, data));
  },

  async table(recipe, { maps }) {
    const { rows, columns, level } = maps[0]!.map;
    checkCount(rows * columns * maps.length);
    const values = new Float32Array(maps.length * rows * columns);
    for (const [at, { map, value }] of maps.entries()) {
      // A tint stands for cells that are not read, or of lost mass for those that are: of no other is the value 0 or none.
      const own = (await map.read(0, rows)).map((texel) => (texel < -1e29 ? (value === 'lost' ? NaN : 0) : texel));
      values.set(own, at * rows * columns);
    }
    const side = 2 ** level;
    const starts = (count: number) => Int32Array.from({ length: count }, (_, at) => at * side);
    const [query, key] = [starts(rows), starts(columns)];
    return {
      arrays: [
        {
          name: 'values',
          shape: [maps.length, rows, columns],
          values,
          about: '[maps, queries, keys]; NaN = in the future, or of lost mass a key that is read',
        },
        { name: 'query', shape: [rows], values: query, about: 'first query of each row' },
        { name: 'key', shape: [columns], values: key, about: 'first key of each column' },
        { name: 'cells', shape: [1], values: Int32Array.of(side), about: 'cells a side of a texel' },
      ],
      texts: [
        { name: 'maps', values: maps.map(({ title }) => title), about: 'which map each is' },
        { name: 'head', values: [formatHead(recipe.head)], about: 'head' },
      ],
      sheet: { header: ['map', 'query', 'key', 'value'], rows: texelRows(maps, values, query, key) },
    };
  },

  python: () => [
    "values = data['values']  # [maps, queries, keys], NaN = masked",
    'plt.close(fig)',
    "fig, axes = plt.subplots(1, len(values), sharex=True, sharey=True, squeeze=False, layout='constrained', figsize=(4 * len(values), 4))",
    "side = data['cells'][0]",
    'extent = (-0.5, side * values.shape[2] - 0.5, side * values.shape[1] - 0.5, -0.5)',
    "for ax, title, values_of_one in zip(axes[0], data['maps'], values):",
    "    image = ax.imshow(values_of_one, interpolation='nearest', extent=extent)",
    '    ax.set_title(str(title))',
    '    fig.colorbar(image, ax=ax)',
    "    ax.set_xlabel('key')",
    "axes[0][0].set_ylabel('query')",
  ],
};

function arrangement({ maps, columns, dpi }: Recipe): Arrangement {
  return { count: maps.length, columns, folds: [], dpi };
}

function titleOf(row: LabRow | null, value: MethodTileValue): string {
  if (row === null) return 'dense';
  return value === 'probability' ? rowName(row) : `${rowName(row)}: ${METHOD_VALUE_NAMES[value]}`;
}

/** Tiles of a method, with the tint of what it does not read. */
function tilesOf(source: FigureJob['source'], trace: string, head: Recipe['head'], value: MethodTileValue) {
  const tint = TINT_OF[value];
  const tile = (of: MethodTileValue, place: TilePlace) =>
    source.ask('method.tile', { trace, ...head, ...place, value: of, reducer: reducerOf(of) });
  return async (place: TilePlace) => {
    const own = await tile(value, place);
    if (!tint) return own;
    return tintTile(own, value === 'kept' ? own : await tile('kept', place), tint);
  };
}

/** Probabilities are on one scale, whether they are kept or lost. */
const scaleOf = (value: MethodTileValue) => (value === 'lost' ? 'probability' : value);

/** One scale for all maps of a value. */
async function colouringOf(
  maps: readonly DrawnMap[],
  value: MethodTileValue,
  { scale, theme }: Recipe,
  tokens: number,
): Promise<MapColouring> {
  const reducer = reducerOf(value);
  const extents: Extent[] = [];
  for (const { map } of maps.filter((other) => scaleOf(other.value) === scaleOf(value))) {
    const extent = await map.extent([]);
    if (extent) extents.push(extent);
  }
  const shown: Extent | undefined =
    extents.length === 0
      ? undefined
      : [Math.min(...extents.map(([low]) => low)), Math.max(...extents.map(([, high]) => high))];
  const options = { reducer, scale, gamma: 1, excludeSinks: false, tokens, theme };
  const question = { ...methodColours(value, options), shown, overview: undefined };
  const colours = mapColours(question);
  return { colours, open: openEnds(question, colours.scale) };
}

function pageOf(
  { head }: Recipe,
  { about, rows }: LabRecord,
  asked: readonly { readonly row: LabRow | null; readonly value: MethodTileValue }[],
  { source }: FigureJob,
  level: number,
): EffectPage {
  const own = [...new Set(asked.flatMap(({ row }) => row ?? []))];
  const values = [...new Set(asked.map(({ value }) => value))];
  const aggregate = aggregateText('max', level);
  return labPage(source, {
    about,
    rows: own.length > 0 ? own : rows.slice(0, 0),
    name: `${formatHead(head)} under methods`,
    details: aggregate === '' ? '' : `texels: ${aggregate}`,
    caption: [
      `Attention of ${formatHead(head)}.`,
      ...values.map((value) => `${capital(METHOD_VALUE_NAMES[value])}: ${METHOD_VALUE_HINTS[value]}.`),
      `Rows before query ${about.promptLength} are dense (dashed line), but for methods of the prompt’s own rows.`,
      aggregate === '' ? '' : `A texel is the ${aggregate} cells; of what is kept, their share.`,
    ],
  });
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function* texelRows(
  maps: readonly DrawnMap[],
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

const LEAST_TITLE_EM = 0.75;

/** A title that is too long is set smaller, and then cut before its budget and value: these tell maps of a method apart. */
function fitTitle(sketch: Sketch, title: string, width: number): { readonly text: string; readonly em: number } {
  const measure = (text: string, em = 1) => sketch.width(text, { weight: 'bold', em });
  const em = Math.min(1, width / measure(title));
  if (em >= LEAST_TITLE_EM) return { text: title, em };
  const at = title.search(/ @ |: /);
  const [name, rest] = at < 0 ? [title, ''] : [title.slice(0, at), title.slice(at)];
  const fit = (text: string, room: number) => fitText(text, room, (part) => measure(part, LEAST_TITLE_EM));
  const short = fit(name, width - measure(rest, LEAST_TITLE_EM));
  return { text: short === undefined ? (fit(title, width) ?? '') : short + rest, em: LEAST_TITLE_EM };
}

const LEAST_BAR_EM = 2.6;
/** Under a bar: its unit, tints, and the room to the next one. */
const BAR_TEXT_EM = 5.5;
const TINT_WORDS: Readonly<Record<MethodTint, string>> = { dropped: 'dropped', read: 'read (lost)' };

function drawMaps(sketch: Sketch, frame: Frame, recipe: Recipe, data: MethodMapsFigure): number {
  const { em, theme } = sketch;
  const { maps, colouring, tokens, about, masked } = data;
  const { region, level } = maps[0]!.map;
  const scales = [...new Set([...colouring.keys()].map(scaleOf))];
  const legends = scales.map((scale, at) => {
    const values = [...colouring.keys()].filter((value) => scaleOf(value) === scale);
    const { colours, open } = colouring.get(values[0]!)!;
    const aggregate = aggregateText(reducerOf(values[0]!), level);
    const legend: BarLegend = {
      map: colours.map,
      ticks: legendTicks(colours.scale, open),
      lines: [
        values.length > 1 ? METHOD_VALUE_UNITS.probability : METHOD_VALUE_UNITS[values[0]!],
        ...(aggregate === '' ? [] : [aggregate]),
      ],
      masked: at === scales.length - 1 && masked.size > 0,
    };
    return { legend, tints: values.flatMap((value) => TINT_OF[value] ?? []) };
  });
  const tintWidth = (tint: MethodTint) => sketch.width(TINT_WORDS[tint], { em: LABEL_EM }) + 1.4 * em;
  const widest = Math.max(
    ...legends.flatMap(({ legend, tints }) => [barWidth(sketch, legend), ...tints.map(tintWidth)]),
  );
  const layout = layoutMaps(sketch, frame, arrangement(recipe), tokens, region, widest);
  const { cell, bands, plots } = layout;
  for (const [index, { title, map, value }] of maps.entries()) {
    const plot = plots[index]!;
    const { colours } = colouring.get(value)!;
    const column = index % layout.columns;
    sketch.group(title, () => {
      drawMapPlot(sketch, { data: map, colours, value: 'probability', plot, cell, numbers: false });
      drawTokenAxes(sketch, {
        plot,
        region,
        cell,
        bands,
        tokens,
        profile: undefined,
        folds: [],
        right: column === layout.columns - 1 ? frame.x + frame.width : plot.x + plot.width + GAP_EM * em,
        above: TITLE_EM * em,
        shows: { keys: index < layout.columns, queries: column === 0 },
      });
      const y = plot.y + about.promptLength * cell;
      if (about.promptLength < about.tokens) {
        sketch.polyline(
          [
            [plot.x, y],
            [plot.x + plot.width, y],
          ],
          { stroke: theme.warm, width: 0.6, dash: [2, 2] },
        );
      }
      const name = fitTitle(sketch, title, plot.width + (GAP_EM - 0.4) * em);
      sketch.text(name.text, plot.x, plot.y - 0.5 * em, { weight: 'bold', em: name.em });
    });
  }
  let end = layout.bottom;
  let y = plots[0]!.y;
  const x = layout.right + GAP_EM * em;
  const bottom = frame.height === undefined ? layout.bottom : frame.y + frame.height;
  const each = (bottom - y) / legends.length;
  for (const { legend, tints } of legends) {
    const height = Math.max(LEAST_BAR_EM * em, Math.min(16 * em, each - BAR_TEXT_EM * em));
    let below = drawBar(sketch, legend, { x, y, height });
    for (const tint of tints) {
      below += 0.9 * em;
      const side = 0.8 * em;
      sketch.rect(x, below - side + 0.05 * em, side, side, METHOD_TINTS[tint][recipe.theme]);
      drawFrame(sketch, x, below - side + 0.05 * em, side, side);
      sketch.text(TINT_WORDS[tint], x + 1.3 * em, below, { em: LABEL_EM });
      below += 0.3 * em;
    }
    end = Math.max(end, below);
    y = below + em;
  }
  return end;
}
