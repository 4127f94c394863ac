/** Patched runs as maps: layers x heads, or layers or heads x positions, in one direction or both. */
import { ticks } from 'd3';
import { toHex } from '../../colour/rgb.ts';
import type { PatchHook, PatchResult } from '../../model/effect.ts';
import type { PatchingRecord } from '../../model/effect-results.ts';
import { unpack } from '../../session/packed.ts';
import {
  DIRECTION_WORDS,
  movedColour,
  movedLegend,
  movedScale,
  namedColumns,
  patchGrid,
  type PatchGridData,
} from '../../view/effects/patch-grid.ts';
import { formatSigned, plural } from '../../view/format.ts';
import { axisText, fitText } from '../../view/map/axis-labels.ts';
import { drawPage, type Frame } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import type { HeadGrid } from '../parts/head-grid.ts';
import { drawMovedHeads, drawMovedLegend, movedLegendHeight, type MovedParts } from '../parts/moved-grid.ts';
import type { RecipeOf } from '../recipe.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureModel } from '../source.ts';
import type { FigureView } from '../view.ts';

export interface PatchingFigure extends EffectPage {
  readonly record: PatchingRecord;
  readonly results: readonly PatchResult[];
  readonly model: FigureModel;
}

export const HOOK_WORDS: Readonly<Record<PatchHook, string>> = {
  z: 'head outputs z',
  q: 'queries',
  k: 'keys',
  v: 'values',
  pattern: 'patterns',
  resid: 'residuals entering a layer',
};

const LARGEST_EM = 4.5;
/** Between two grids, one below the other. */
const GAP_EM = 0.8;
/** Positions under a map whose tokens are not all named. */
const PLACES_EM = 1.7;
const TITLE_EM = 1.6;
const TOKEN_EM = 6;
/** Both directions side by side from this width on. */
const SIDES_EM = 50;

export const patchingView: FigureView<'patching', PatchingFigure> = {
  id: 'patching',
  load({ result }, { source }) {
    const record = unpack<PatchingRecord>(result);
    const results = [record.denoise, record.noise].filter((one) => one !== undefined);
    const [first] = results as [PatchResult];
    const { about } = record;
    const { layers, heads, kvHeads } = about;
    const partners = first.pair.partners.filter((partner) => partner >= 0).length;
    const page = effectPage(source, {
      about,
      badges: ['propagated'],
      name: `Patching ${HOOK_WORDS[first.hook]}`,
      details: results.length > 1 ? 'both directions' : DIRECTION_WORDS[first.direction].name,
      caption: [
        ...results.map(({ direction }) => `${DIRECTION_WORDS[direction].name}. ${DIRECTION_WORDS[direction].meaning}`),
        `logit(${first.token.display}) − logit(${first.against.display}): clean ${formatSigned(first.clean)}, corrupted ${formatSigned(first.corrupted)}.`,
        `${partners} of ${plural(first.pair.clean.length, 'token')} have a partner among ${first.pair.corrupted.length}.`,
      ],
    });
    const model = { name: about.model, modelId: about.modelId, layers, heads, kvHeads };
    return Promise.resolve({ ...page, record, results, model });
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) => drawPatching(sketch, frame, recipe, data));
  },

  table: (_, { results }) => {
    const grids = results.map((result) => ({ result, data: patchGrid(result) }));
    const rows = grids.flatMap(({ result, data }) =>
      Array.from({ length: data.rows * data.columns }, (_cell, at) => {
        const [row, column] = [Math.floor(at / data.columns), at % data.columns];
        const token = data.across === 'positions' ? (data.tokens[column]?.display ?? '') : '';
        return [result.direction, data.rowNames[row]!, column, token, data.recovery[at]!, data.difference[at]!];
      }),
    );
    const [first] = grids as [(typeof grids)[number]];
    return Promise.resolve({
      arrays: grids.flatMap(({ result: { direction }, data }) => {
        const shape = [data.rows, data.columns];
        const about = `[${data.down}, ${data.across}]`;
        return [
          { name: `${direction}_recovery`, shape, values: data.recovery, about: `recovery, ${about}` },
          { name: `${direction}_difference`, shape, values: data.difference, about: `logit difference, ${about}` },
        ];
      }),
      texts: [
        { name: 'rows', values: first.data.rowNames, about: first.data.down },
        { name: 'directions', values: results.map(({ direction }) => direction), about: 'directions' },
      ],
      sheet: {
        header: [
          'direction',
          'row',
          first.data.across === 'heads' ? 'head' : 'position',
          'token',
          'recovery',
          'logit difference',
        ],
        rows,
      },
    });
  },

  python: () => [
    "name = str(data['directions'][0]) + '_recovery'",
    "image = ax.imshow(data[name], cmap='RdBu_r', vmin=-1, vmax=1, aspect='auto')",
    "ax.set_yticks(range(len(data['rows'])), [str(row) for row in data['rows']])",
    "fig.colorbar(image, label=name.replace('_', ', '))",
  ],
};

function drawPatching(
  sketch: Sketch,
  frame: Frame,
  recipe: RecipeOf<'patching'>,
  { results, model }: PatchingFigure,
): number {
  const { em } = sketch;
  const grids = results.map((result) => ({ result, data: patchGrid(result) }));
  const scale = movedScale(grids.map(({ data }) => data.moved));
  const isAcross = grids[0]!.data.across === 'heads' && grids.length > 1 && frame.width >= SIDES_EM * em;
  const width = isAcross ? frame.width / grids.length - em : frame.width;
  const stacked = isAcross ? 1 : grids.length;
  const words = movedLegend(results.map(({ direction }) => direction));
  const legend = movedLegendHeight(sketch, frame.width, words);
  const room = frame.height && Math.max(6 * em, (frame.height - legend) / stacked - (isAcross ? 0 : GAP_EM * em));
  let y = frame.y;
  let end = y;
  for (const [index, { result, data }] of grids.entries()) {
    const own = { x: frame.x + (isAcross ? index * (frame.width / grids.length) : 0), y, width, height: room };
    sketch.text(DIRECTION_WORDS[result.direction].name, own.x, own.y + em);
    const below = { ...own, y: own.y + TITLE_EM * em, height: room && room - TITLE_EM * em };
    const bottom =
      data.across === 'heads'
        ? endOf(drawMovedHeads(sketch, below, { moved: data.moved, scale, model, theme: recipe.theme }))
        : drawPositions(sketch, below, { data, scale, theme: recipe.theme });
    end = Math.max(end, bottom);
    if (!isAcross) y = bottom + GAP_EM * em;
  }
  return drawMovedLegend(sketch, { x: frame.x, y: end, width: frame.width }, { scale, theme: recipe.theme }, words);
}

function drawPositions(
  sketch: Sketch,
  frame: Frame,
  { data, scale, theme }: MovedParts & { readonly data: PatchGridData },
): number {
  const { em } = sketch;
  const label = { em: LABEL_EM } as const;
  const widest = data.rowNames.reduce((most, name) => Math.max(most, sketch.width(name, label)), 0);
  const left = frame.x + widest + 0.8 * em;
  const pitch = Math.min(LARGEST_EM * em, (frame.x + frame.width - left) / data.columns);
  const named = namedColumns(data, (1.15 * em) / pitch);
  const isWhole = named.length === data.columns;
  const names = named.map((column) => ({
    column,
    name: fitText(axisText(data.tokens[column]!), TOKEN_EM * em, (part) => sketch.width(part, label)) ?? '',
  }));
  const above =
    names.reduce((most, { name }) => Math.max(most, sketch.width(name, label)), 0) + (isWhole ? 0.6 : 0.9) * em;
  const top = frame.y + above;
  const below = isWhole ? 0 : PLACES_EM * em;
  const room = frame.height === undefined ? Infinity : frame.height - above - below;
  const rowPt = Math.max(1.1 * em, Math.min(2 * em, room / data.rows));
  const gap = pitch > 3 ? 0.3 : 0;
  sketch.group('tokens', () => {
    for (const { column, name } of names) {
      const x = left + (column + 0.5) * pitch;
      if (!isWhole) sketch.line(x, top - 0.35 * em, x, top);
      sketch.text(name, x + MIDDLE * LABEL_EM * em, top - (isWhole ? 0.3 : 0.6) * em, { ...label, rotate: -90 });
    }
  });
  const step = Math.max(1, Math.ceil((1.1 * LABEL_EM * em) / rowPt));
  sketch.group('rows', () => {
    for (const [row, name] of data.rowNames.entries()) {
      if (row % step !== 0) continue;
      sketch.text(name, left - 0.5 * em, top + (row + 0.5) * rowPt + MIDDLE * LABEL_EM * em, {
        ...label,
        anchor: 'end',
      });
    }
  });
  sketch.group('cells', () => {
    for (const [index, value] of data.moved.entries()) {
      if (Number.isNaN(value)) continue;
      const [row, column] = [Math.floor(index / data.columns), index % data.columns];
      const fill = toHex(movedColour(scale, value, theme));
      sketch.rect(left + column * pitch, top + row * rowPt, pitch - gap, rowPt - gap, fill);
    }
  });
  const end = top + data.rows * rowPt;
  return isWhole ? end : drawPlaces(sketch, { left, end, pitch, columns: data.columns });
}

/** Positions under a map whose tokens are not all named. */
function drawPlaces(
  sketch: Sketch,
  {
    left,
    end,
    pitch,
    columns,
  }: { readonly left: number; readonly end: number; readonly pitch: number; readonly columns: number },
): number {
  const { em } = sketch;
  const width = sketch.width(String(columns), { em: LABEL_EM });
  const count = Math.max(1, Math.floor((columns * pitch) / (2.5 * width)));
  sketch.group('positions', () => {
    for (const position of ticks(0, columns - 1, count).filter(Number.isInteger)) {
      const x = left + (position + 0.5) * pitch;
      sketch.line(x, end, x, end + 0.35 * em);
      sketch.text(String(position), x, end + 1.4 * em, { em: LABEL_EM, anchor: 'middle' });
    }
  });
  return end + PLACES_EM * em;
}

const endOf = ({ y, height }: HeadGrid): number => y + height;
