/** Where heads rest: layers downward, positions across, coloured by the share of a layer's heads. */
import { textOn } from '../../colour/contrast.ts';
import { lutOf, sampleLut } from '../../colour/lut.ts';
import { toHex } from '../../colour/rgb.ts';
import type { RunSummary } from '../../model/run.ts';
import type { SinkReport } from '../../model/sinks.ts';
import { formatTick } from '../../view/map/format-value.ts';
import { axisText, COLUMN_LABEL_DEGREES, fitText, spacedByImportance } from '../../view/map/axis-labels.ts';
import { tokenText } from '../../view/map/value-words.ts';
import { shareAt, sinkColumns, type SinkColumn } from '../../view/sinks/sink-readings.ts';
import { inexactBadges, inexactText, interventionsText, originOf } from '../origin.ts';
import { drawPage, type Frame, type PageText } from '../page.ts';
import { drawLevelBar } from '../parts/colour-bar.ts';
import { columnGap, LABEL_GAP_EM, RISE } from '../parts/token-axes.ts';
import type { RecipeOf } from '../recipe.ts';
import { MIDDLE } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';
import { provenanceText, runOf, type FigureModel } from '../source.ts';
import type { FigureView, Noted } from '../view.ts';
import { wrapText } from '../wrap-text.ts';

export interface SinksFigure extends Noted {
  readonly run: RunSummary;
  readonly model: FigureModel;
  readonly report: SinkReport;
  readonly columns: readonly SinkColumn[];
  readonly text: PageText;
}

const NONE = 'No head rests on any position.';
/** Of the layers under each other, the row of all heads stands apart. */
const ALL = 'all';
const LARGEST_COLUMN_EM = 5;
const WIDEST_LABEL_EM = 8;
const NUMBER_EM = 0.85;
const LEGEND_EM = 5;
/** Positions that the caption names. */
const MOST_NAMED = 4;

const label = { em: LABEL_EM } as const;
const RUN = Math.cos((COLUMN_LABEL_DEGREES * Math.PI) / 180);

export const sinksView: FigureView<'sinks', SinksFigure> = {
  id: 'sinks',
  async load(recipe, { source }) {
    const { threshold } = recipe;
    const run = runOf(source, recipe.run);
    const report = await source.ask('run.sinks', { runId: run.runId, threshold });
    const columns = sinkColumns(report);
    const origin = originOf([run]);
    return {
      run,
      model: source.model,
      report,
      columns,
      origin,
      notes: columns.length === 0 ? [NONE] : [],
      text: {
        name: 'Attention sinks',
        details: `share of heads that rest there, ε ${threshold}${recipe.run === 'changed' ? ', ablated run' : ''}`,
        inexact: inexactBadges(origin),
        caption: [
          `Share of each layer’s heads that rest on a position: mean attention to it over the rows that see it, over ${threshold} (Gu et al. 2024, section 3.1).`,
          ratesText(columns, run),
          `Under uniform attention that of position 0 is ${formatTick(report.floor)}. Positions that fewer than ${report.leastRows} rows see do not count.`,
          inexactText(origin),
          interventionsText(origin),
          provenanceText(source),
        ],
      },
    };
  },

  scene(recipe, data, measure) {
    return drawPage(recipe, data.text, measure, (sketch, frame) =>
      data.columns.length === 0 ? drawNone(sketch, frame) : drawSinks(sketch, frame, recipe, data),
    );
  },

  table: (_, { model: { layers, heads, kvHeads }, run, report, columns }) => {
    const count = columns.length;
    const positions = columns.map(({ position }) => position);
    /** Of one array by position, in the order of the prompt. */
    const ordered = (values: Float32Array, each: number) =>
      Float32Array.from({ length: count * each }, (_value, at) => {
        return values[columns[Math.floor(at / each)]!.index * each + (at % each)]!;
      });
    const shares = columns.map(({ position }) =>
      Array.from({ length: layers }, (_layer, layer) => shareAt(report, layer, position)),
    );
    const perHead = [count, layers, heads];
    const perGroup = [count, layers, kvHeads];
    return Promise.resolve({
      arrays: [
        { name: 'position', shape: [count], values: Int32Array.from(positions), about: 'places that heads rest on' },
        { name: 'id', shape: [count], values: Int32Array.from(positions, (at) => run.ids[at]!), about: 'token ids' },
        {
          name: 'rate',
          shape: [count],
          values: Float32Array.from(columns, ({ rate }) => rate),
          about: 'share of all heads that rest there',
        },
        {
          name: 'share',
          shape: [count, layers],
          values: Float32Array.from(shares.flat()),
          about: 'share of the heads of a layer that rest there, [positions, layers]',
        },
        {
          name: 'importance',
          shape: perHead,
          values: ordered(report.importance, layers * heads),
          about: 'mean attention over the rows that see the position, probability, [positions, layers, heads]',
        },
        {
          name: 'cosine',
          shape: perHead,
          values: ordered(report.cosine, layers * heads),
          about: 'mean cosine of rotated queries with the key, [positions, layers, heads]',
        },
        {
          name: 'value_drain',
          shape: perGroup,
          values: ordered(report.valueDrain, layers * kvHeads),
          about: 'norm of the value over the mean norm of the others, [positions, layers, kv heads]',
        },
        {
          name: 'key_norm',
          shape: perGroup,
          values: ordered(report.keyNorm, layers * kvHeads),
          about: 'norm of the rotated key, [positions, layers, kv heads]',
        },
      ],
      texts: [
        {
          name: 'token',
          values: positions.map((position) => run.tokens[position]!.display),
          about: 'tokens, blanks made visible',
        },
      ],
      sheet: {
        header: [
          'position',
          'token',
          'id',
          'all (share of heads)',
          ...Array.from({ length: layers }, (_layer, layer) => `L${layer} (share of heads)`),
        ],
        rows: columns.map(({ position, rate }, at) => [
          position,
          run.tokens[position]!.display,
          run.ids[position]!,
          rate,
          ...shares[at]!,
        ]),
      },
    });
  },

  python: () => [
    "names = [f'{position} {token}' for position, token in zip(data['position'], data['token'])]",
    "image = ax.imshow(data['share'].T, cmap='viridis', vmin=0, vmax=1, aspect='auto')",
    'ax.set_xticks(range(len(names)), names, rotation=35)',
    "ax.set_xlabel('position')",
    "ax.set_ylabel('layer')",
    "fig.colorbar(image, label='share of heads that rest there')",
  ],
};

/** `62% of all heads rest on key 0 “<|bos|>”, 12% on key 5 “,”.` */
function ratesText(columns: readonly SinkColumn[], { tokens }: RunSummary): string {
  const named = columns.toSorted((a, b) => a.index - b.index).slice(0, MOST_NAMED);
  if (named.length === 0) return NONE;
  const parts = named.map(
    ({ position, rate }, at) =>
      `${percent(rate)} ${at === 0 ? 'of all heads rest ' : ''}on key ${tokenText(position, tokens)}`,
  );
  const left = columns.length - named.length;
  return `${parts.join(', ')}${left > 0 ? `, fewer on ${left} more` : ''}.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}

function drawNone(sketch: Sketch, { x, y, width }: Frame): number {
  const { em, theme } = sketch;
  let end = y + 0.5 * em;
  sketch.group('none', () => {
    for (const line of wrapText(NONE, width, (text) => sketch.width(text))) {
      end += 1.35 * em;
      sketch.text(line, x, end, { fill: theme.textDim });
    }
  });
  return end + 0.6 * em;
}

function drawSinks(sketch: Sketch, frame: Frame, recipe: RecipeOf<'sinks'>, data: SinksFigure): number {
  const { em, theme } = sketch;
  const { model, report, columns, run } = data;
  const { layers } = model;
  const lut = lutOf('viridis');
  const right = frame.x + frame.width;
  const left = Math.max(...[ALL, `L${layers - 1}`].map((text) => sketch.width(text, label))) + 0.8 * em;
  const texts = columns.map(({ position }) => ({ at: `${position} `, token: axisText(run.tokens[position]!) }));
  const widest = Math.min(
    WIDEST_LABEL_EM * em,
    texts.reduce((width, { at, token }) => Math.max(width, sketch.width(`${at}${token}`, label)), 0),
  );
  const top = widest * RISE + (LABEL_GAP_EM + LABEL_EM) * em;
  // Labels lean over the right edge of the last column.
  const across = Math.max(em, frame.width - left - Math.min(widest * RUN, 0.25 * frame.width));
  const pitch = Math.min(LARGEST_COLUMN_EM * em, across / columns.length);
  const room = frame.height === undefined ? Infinity : frame.height - top - (LEGEND_EM + 0.4) * em;
  const comfortable = Math.min(2.2 * em, Math.max(1.15 * LABEL_EM * em, (40 * em) / layers));
  const rowPitch = Math.max(1, Math.min(comfortable, room / (layers + 1)));
  const gap = Math.min(0.2 * em, 0.12 * Math.min(pitch, rowPitch));
  const [x, y] = [frame.x + left, frame.y + top];
  const rowY = (row: number) => y + row * rowPitch + (row === layers ? 0.4 * em : 0);
  const bottom = rowY(layers) + rowPitch - gap;

  sketch.group('positions', () => {
    const rates = columns.map(({ rate }) => rate);
    const baseline = y - LABEL_GAP_EM * em;
    for (const index of spacedByImportance(rates, columnGap(sketch) / pitch)) {
      const middle = x + (index + 0.5) * pitch - gap / 2;
      const most = Math.min(widest, (right - middle - LABEL_EM * em) / RUN);
      const { at, token } = texts[index]!;
      const rest = fitText(token, most - sketch.width(at, label), (text) => sketch.width(text, label));
      // A place is not cut: it would be another one.
      const text = rest === undefined ? at.trim() : `${at}${rest}`;
      if (sketch.width(text, label) > most) continue;
      sketch.line(middle, y - 0.35 * em, middle, y - 0.1 * em);
      sketch.text(text, middle + 0.3 * em, baseline, { em: LABEL_EM, rotate: -COLUMN_LABEL_DEGREES });
    }
  });
  sketch.group('layers', () => {
    const every = Math.max(1, Math.ceil((1.1 * LABEL_EM * em) / rowPitch));
    const name = (text: string, row: number) => {
      const at = rowY(row) + (rowPitch - gap) / 2 + MIDDLE * LABEL_EM * em;
      sketch.text(text, x - 0.5 * em, at, { em: LABEL_EM, anchor: 'end' });
      return at;
    };
    for (let layer = 0; layer < layers; layer += every) {
      // The row of all heads keeps its name.
      if (rowY(layers) - rowY(layer) >= 1.1 * LABEL_EM * em) name(`L${layer}`, layer);
    }
    name(ALL, layers);
  });
  sketch.group('cells', () => {
    for (let row = 0; row <= layers; row++) {
      for (const [index, { position, rate }] of columns.entries()) {
        const share = row === layers ? rate : shareAt(report, row, position);
        const colour = sampleLut(lut, share);
        const [cellX, cellY, width, height] = [x + index * pitch, rowY(row), pitch - gap, rowPitch - gap];
        sketch.rect(cellX, cellY, width, height, toHex(colour));
        const number = (100 * share).toFixed(0);
        const fits = sketch.width(number, { em: NUMBER_EM }) <= width - 0.1 * em && height >= NUMBER_EM * em;
        if (share === 0 || !fits) continue;
        sketch.text(number, cellX + width / 2, cellY + height / 2 + MIDDLE * NUMBER_EM * em, {
          em: NUMBER_EM,
          anchor: 'middle',
          fill: toHex(textOn(colour)),
        });
      }
    }
  });
  const chosen = columns.findIndex(({ position }) => position === recipe.position);
  if (chosen >= 0) {
    const [from, to] = [x + chosen * pitch - gap / 2, x + (chosen + 1) * pitch - gap / 2];
    const points = [
      [from, y - gap / 2],
      [to, y - gap / 2],
      [to, bottom + gap / 2],
      [from, bottom + gap / 2],
    ] as const;
    sketch.group('selected', () => {
      sketch.polyline(points, { stroke: theme.warm, width: Math.max(0.8, gap), closed: true });
    });
  }
  const width = Math.min(Math.max(columns.length * pitch, 12 * em), right - x - 2 * em, 40 * em);
  const legend = {
    map: 'viridis',
    ticks: [0, 0.25, 0.5, 0.75, 1].map((unit) => ({ unit, label: percent(unit) })),
    lines: wrapText('of the layer’s heads rest there', right - x, (text) => sketch.width(text, label)),
    masked: false,
  } as const;
  return drawLevelBar(sketch, legend, { x, y: bottom + 0.9 * em, width });
}
