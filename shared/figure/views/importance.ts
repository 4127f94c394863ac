/** Importance of every head by a finite difference beside the exact effect of leaving it out. */
import type { ImportanceRecord } from '../../model/effect-results.ts';
import { formatHead } from '../../model/head-id.ts';
import { unpack } from '../../session/packed.ts';
import { allHeads } from '../../view/atlas/head-order.ts';
import { errorTexts, farthestDots, importanceDots } from '../../view/effects/importance-dots.ts';
import { plural } from '../../view/format.ts';
import { drawPage, type Frame } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { drawNames } from '../parts/line-plot.ts';
import { drawScoreAxes } from '../parts/score-axes.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import type { FigureView } from '../view.ts';

export interface ImportanceFigure extends EffectPage {
  readonly record: ImportanceRecord;
}

/** Of the plot, which is square. */
const SIDE_EM = 34;
const DOT_EM = 0.45;
const LINE_EM = 1.4;
/** The errors stand beside the plot where they have so much room. */
const BESIDE_EM = 18;

export const importanceView: FigureView<'importance', ImportanceFigure> = {
  id: 'importance',
  load({ result }, { source }) {
    const record = unpack<ImportanceRecord>(result);
    const { about, epsilon, signed, exact, error } = record;
    const missing = exact.length - error.heads;
    const page = effectPage(source, {
      about,
      badges: ['propagated'],
      name: 'Importance of heads',
      details: 'finite difference beside exact leave-one-out',
      caption: [
        `Each dot is a head; on the dashed line both agree. Finite difference: (loss at gate 1 − ${epsilon} − loss at gate 1) / ${epsilon}${signed ? '' : ', its magnitude'} (Michel et al. 2019, without gradients). Exact: loss without the head − loss${signed ? '' : ', its magnitude'}. Loss: mean −log p of the prompt’s tokens.`,
        missing > 0 ? `${plural(missing, 'head')} without a value: not drawn.` : '',
      ],
    });
    return Promise.resolve({ ...page, record });
  },

  scene(recipe, { record, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => drawImportance(sketch, frame, record, recipe.names));
  },

  table: (_, { record: { about, exact, approximate } }) => {
    const heads = allHeads(about.layers, about.heads);
    const shape = [heads.length];
    return Promise.resolve({
      arrays: [
        { name: 'layer', shape, values: Int32Array.from(heads, ({ layer }) => layer), about: 'layer' },
        { name: 'head', shape, values: Int32Array.from(heads, ({ head }) => head), about: 'head' },
        { name: 'exact', shape, values: exact, about: 'change of the loss without the head, nats' },
        { name: 'approximate', shape, values: approximate, about: 'finite difference, nats per unit of gate' },
      ],
      texts: [],
      sheet: {
        header: ['layer', 'head', 'exact (nats)', 'finite difference (nats)', 'error (nats)'],
        rows: heads.map(({ layer, head }, at) => [
          layer,
          head,
          exact[at]!,
          approximate[at]!,
          approximate[at]! - exact[at]!,
        ]),
      },
    });
  },

  python: () => [
    "ax.scatter(data['exact'], data['approximate'], s=12)",
    "ax.axline((0, 0), slope=1, color='grey', linestyle='--')",
    "ax.set_xlabel('exact leave-one-out, nats')",
    "ax.set_ylabel('finite difference, nats')",
  ],
};

function drawImportance(sketch: Sketch, frame: Frame, record: ImportanceRecord, names: number): number {
  const { em, theme } = sketch;
  const { dots, x, y } = importanceDots(record);
  const errors = errorTexts(record);
  const most = Math.min(SIDE_EM * em, frame.width);
  const isBeside = frame.width - most >= BESIDE_EM * em;
  const below = isBeside ? 0 : (0.6 + errors.length * LINE_EM) * em;
  const side = Math.min(most, Math.max(10 * em, (frame.height ?? Infinity) - below));
  const axes = drawScoreAxes(sketch, { x: frame.x, y: frame.y, width: side, height: side }, x, y);
  const [left, right] = axes.x.range() as [number, number];
  const [bottom, top] = axes.y.range() as [number, number];
  sketch.group('agreement', () => {
    sketch.polyline(
      [
        [left, bottom],
        [right, top],
      ],
      { stroke: theme.textDim, dash: [2, 2] },
    );
  });
  const half = (DOT_EM / 2) * em;
  sketch.group('heads', () => {
    for (const dot of dots) {
      sketch.rect(axes.x(dot.exact) - half, axes.y(dot.approximate) - half, 2 * half, 2 * half, theme.accent);
    }
  });
  const { heads } = record.about;
  const named = farthestDots(dots, names).map(({ index, exact, approximate }) => ({
    px: axes.x(exact),
    py: axes.y(approximate),
    label: formatHead({ layer: Math.floor(index / heads), head: index % heads }),
  }));
  drawNames(sketch, named, { left, right, top });
  const at = isBeside ? { x: frame.x + side + 1.5 * em, y: frame.y + 0.1 * em } : { x: left, y: axes.end };
  sketch.group('errors', () => {
    for (const [index, line] of errors.entries()) {
      sketch.text(line, at.x, at.y + (1.2 + index * LINE_EM) * em, { em: LABEL_EM });
    }
  });
  return axes.end + below;
}
