/** Which keys one head reads at each query under a method. */
import { mixRgb, parseHex } from '../../colour/rgb.ts';
import { formatHead } from '../../model/head-id.ts';
import type { LabAbout, LabRecord } from '../../model/lab.ts';
import type { KeptRows } from '../../model/method-views.ts';
import type { TokenView } from '../../model/token-view.ts';
import { unpack } from '../../session/packed.ts';
import { rowName } from '../../view/lab/method-maps.ts';
import { METHOD_TINTS } from '../../view/map/method-map.ts';
import { tokenText } from '../../view/map/value-words.ts';
import { drawPage, pageWidth, type Frame } from '../page.ts';
import { frame as drawFrame } from '../parts/colour-bar.ts';
import type { EffectPage } from '../parts/effect-page.ts';
import { labPage, resultAt, traceOf } from '../parts/lab-page.ts';
import { checkCount } from '../parts/map-table.ts';
import { axesBands, drawTokenAxes, positionText } from '../parts/token-axes.ts';
import type { RecipeOf } from '../recipe.ts';
import type { RasterSource } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { FIGURE_THEMES, type FigureTheme } from '../theme.ts';
import type { FigureView } from '../view.ts';
import { wrapText } from '../wrap-text.ts';

export interface RibbonFigure extends EffectPage {
  readonly about: LabAbout;
  readonly tokens: readonly TokenView[];
  readonly kept: KeptRows;
  /** Keys and queries a texel covers: one, unless they are more than there are pixels. */
  readonly side: { readonly keys: number; readonly queries: number };
}

const LARGEST_EM = 2;
/** A strip of a few queries is as high at least, and one of many no higher than this. */
const LEAST_HEIGHT_EM = 6;
const MOST_HEIGHT_EM = 34;
const LEGEND_EM = 2.2;
const BELOW_EM = 0.6;
/** Of the page's width, what the strip itself may come to. */
const STRIP_SHARE = 0.75;
const MOST_TEXELS = 4096;

export const ribbonView: FigureView<'ribbon', RibbonFigure> = {
  id: 'ribbon',
  async load(recipe, { source, pixelsPerPoint }) {
    const { result, row: at, head, query } = recipe;
    const { about, rows } = unpack<LabRecord>(result);
    const row = resultAt(rows, at);
    const kept = await source.ask('method.rows', { trace: traceOf(row), ...head });
    const pixels = Math.max(16, Math.min(MOST_TEXELS, STRIP_SHARE * pageWidth(recipe) * pixelsPerPoint));
    const side = {
      keys: Math.ceil(kept.tokens / pixels),
      queries: Math.ceil(kept.rows / MOST_TEXELS),
    };
    const tokens = about.displays.map((display): TokenView => ({
      id: 0,
      display,
      text: display,
      start: -1,
      end: -1,
      special: false,
    }));
    const { read, visible } = countOf(kept);
    const page = labPage(source, {
      about,
      rows: [row],
      name: `Keys read by ${formatHead(head)}`,
      details: rowName(row),
      caption: [
        `${rowName(row)}: a row a query, a column a key. ${formatHead(head)} reads ${(100 * (read / visible)).toFixed(1)}% of what its queries see.`,
        side.keys > 1 || side.queries > 1
          ? `A texel covers ${side.queries} × ${side.keys} cells; its colour is the share that is read.`
          : '',
        query === null ? '' : `Framed: query ${tokenText(query, tokens)}.`,
      ],
    });
    return { ...page, about, tokens, kept, side };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawRibbon(sketch, frame, recipe, data));
  },

  table: (_, { kept, tokens }) => {
    const { rows, firstRow, tokens: count } = kept;
    checkCount(rows * count);
    const values = new Int32Array(rows * count);
    for (let row = 0; row < rows; row++) {
      for (let key = 0; key < count; key++) values[row * count + key] = cellAt(kept, row, key);
    }
    return Promise.resolve({
      arrays: [
        {
          name: 'kept',
          shape: [rows, count],
          values,
          about: '1 = read, 0 = not read, -1 = in the future of the query, [queries, keys]',
        },
        {
          name: 'query',
          shape: [rows],
          values: Int32Array.from({ length: rows }, (_row, row) => firstRow + row),
          about: 'position of each query',
        },
      ],
      texts: [{ name: 'token', values: tokens.map(({ display }) => display), about: 'token, blanks made visible' }],
      sheet: {
        header: ['query\\key (1 = read)', ...Array.from({ length: count }, (_key, key) => String(key))],
        rows: Array.from({ length: rows }, (_row, row) => [
          firstRow + row,
          ...Array.from(values.subarray(row * count, (row + 1) * count), (cell) => (cell < 0 ? NaN : cell)),
        ]),
      },
    });
  },

  python: () => [
    "kept = np.ma.masked_less(data['kept'], 0)",
    "ax.imshow(kept, cmap='Blues', aspect='auto', interpolation='nearest', extent=(-0.5, kept.shape[1] - 0.5, data['query'][-1] + 0.5, data['query'][0] - 0.5))",
    "ax.set_xlabel('key')",
    "ax.set_ylabel('query')",
  ],
};

/** 1 = read, 0 = not, -1 = not seen. */
function cellAt({ bits, tokens, firstRow }: KeptRows, row: number, key: number): -1 | 0 | 1 {
  if (key > firstRow + row) return -1;
  const byte = bits[row * Math.ceil(tokens / 8) + (key >> 3)]!;
  return ((byte >> (key & 7)) & 1) === 1 ? 1 : 0;
}

function countOf(kept: KeptRows): { readonly read: number; readonly visible: number } {
  let [read, visible] = [0, 0];
  for (let row = 0; row < kept.rows; row++) {
    for (let key = 0; key <= kept.firstRow + row; key++) {
      visible++;
      read += cellAt(kept, row, key);
    }
  }
  return { read, visible };
}

function drawRibbon(sketch: Sketch, frame: Frame, recipe: RecipeOf<'ribbon'>, data: RibbonFigure): number {
  const { em, theme } = sketch;
  const { kept, tokens, about, side } = data;
  const { rows, firstRow } = kept;
  const count = kept.tokens;
  const region = { rowStart: firstRow, rowEnd: firstRow + rows, keyStart: 0, keyEnd: count };
  const share = Math.min(1, frame.width / em / 60);
  const keys = tokens.map((_, index) => positionText(index, tokens));
  const bands = axesBands(sketch, tokens, region, [], keys, share);
  const cellX = Math.min(LARGEST_EM * em, Math.max(em, frame.width - bands.left - em) / count);
  const room = (frame.height ?? Infinity) - bands.top - (LEGEND_EM + BELOW_EM) * em;
  const wanted = Math.max(LEAST_HEIGHT_EM * em, Math.min(MOST_HEIGHT_EM * em, rows * cellX));
  const cellY = Math.min(LARGEST_EM * em, Math.max(2 * em, Math.min(wanted, room)) / rows);
  const plot = { x: frame.x + bands.left, y: frame.y + bands.top, width: cellX * count, height: cellY * rows };
  const source = rasterOf(kept, side, FIGURE_THEMES[recipe.theme]);
  // Texels at the ends may lie past them.
  const [width, height] = [source.columns * side.keys * cellX, source.rows * side.queries * cellY];
  sketch.rasters.push({ x: plot.x, y: plot.y, width, height, source });
  sketch.group('frame', () => drawFrame(sketch, plot.x, plot.y, plot.width, plot.height));
  const axes = { plot, region, bands, tokens, profile: undefined, folds: [], right: frame.x + frame.width };
  drawTokenAxes(sketch, { ...axes, cell: cellX, shows: { keys: true, queries: false }, positions: true });
  drawTokenAxes(sketch, { ...axes, cell: cellY, shows: { keys: false, queries: true } });
  sketch.group('marks', () => {
    for (const start of [about.questionStart, about.answerStart]) {
      if (start === null || start <= 0 || start >= count) continue;
      const x = plot.x + start * cellX;
      sketch.polyline(
        [
          [x, plot.y],
          [x, plot.y + plot.height],
        ],
        { stroke: theme.textDim, width: 0.6, dash: [2, 2] },
      );
    }
    const { query } = recipe;
    if (query !== null && query >= firstRow && query < firstRow + rows) {
      const y = plot.y + (query - firstRow) * cellY;
      sketch.polyline(
        [
          [plot.x, y],
          [plot.x + plot.width, y],
          [plot.x + plot.width, y + cellY],
          [plot.x, y + cellY],
        ],
        { stroke: theme.warm, width: 1, closed: true },
      );
    }
  });
  return drawRibbonLegend(sketch, frame, plot.y + plot.height + BELOW_EM * em, recipe.theme, data);
}

function drawRibbonLegend(
  sketch: Sketch,
  frame: Frame,
  y: number,
  theme: FigureTheme['name'],
  { about }: RibbonFigure,
): number {
  const { em } = sketch;
  const label = { em: LABEL_EM } as const;
  const items = [
    { text: 'read', fill: FIGURE_THEMES[theme].accent },
    { text: 'dropped', fill: METHOD_TINTS.dropped[theme] },
    { text: 'future', fill: FIGURE_THEMES[theme].mask },
  ];
  const hasMarks = about.questionStart !== null || about.answerStart !== null;
  let x = frame.x;
  let baseline = y + 1.2 * em;
  sketch.group('legend', () => {
    for (const { text, fill } of items) {
      const width = 1.3 * em + sketch.width(text, label);
      if (x > frame.x && x + width > frame.x + frame.width) [x, baseline] = [frame.x, baseline + 1.3 * em];
      sketch.rect(x, baseline - 0.75 * em, 0.9 * em, 0.9 * em, fill);
      drawFrame(sketch, x, baseline - 0.75 * em, 0.9 * em, 0.9 * em);
      sketch.text(text, x + 1.3 * em, baseline, label);
      x += width + 1.4 * em;
    }
    const note = 'dashed: first token of question and answer';
    if (!hasMarks) return;
    const dim = { ...label, fill: sketch.theme.textDim };
    if (x + sketch.width(note, label) <= frame.x + frame.width) {
      sketch.text(note, x, baseline, dim);
      return;
    }
    for (const line of wrapText(note, frame.width, (part) => sketch.width(part, label))) {
      baseline += 1.3 * em;
      sketch.text(line, frame.x, baseline, dim);
    }
  });
  return baseline + 0.6 * em;
}

/** Read a row of texels at a time: of large prompts the whole is never held. */
function rasterOf(kept: KeptRows, { keys, queries }: RibbonFigure['side'], theme: FigureTheme): RasterSource {
  const [dropped, read] = [parseHex(METHOD_TINTS.dropped[theme.name])!, parseHex(theme.accent)!];
  const future = parseHex(theme.mask)!;
  const columns = Math.ceil(kept.tokens / keys);
  return {
    columns,
    rows: Math.ceil(kept.rows / queries),
    read: (start, end) => {
      const pixels = new Uint8Array((end - start) * columns * 4);
      for (let row = start; row < end; row++) {
        for (let column = 0; column < columns; column++) {
          let [seen, those] = [0, 0];
          for (let query = row * queries; query < Math.min(kept.rows, (row + 1) * queries); query++) {
            for (let key = column * keys; key < Math.min(kept.tokens, (column + 1) * keys); key++) {
              const cell = cellAt(kept, query, key);
              if (cell < 0) continue;
              seen++;
              those += cell;
            }
          }
          const { r, g, b } = seen === 0 ? future : mixRgb(dropped, read, those / seen);
          pixels.set([Math.round(r), Math.round(g), Math.round(b), 255], ((row - start) * columns + column) * 4);
        }
      }
      return Promise.resolve(pixels);
    },
  };
}
