/** A grid of heads, layers downward: numbers of heads and layers, brackets over KV groups, marks on single heads. */
import type { HeadId } from '../../model/head-id.ts';
import { headNumberStep } from '../../view/atlas/head-number-step.ts';
import type { Frame } from '../page.ts';
import { MIDDLE } from '../scene.ts';
import type { FigureModel } from '../source.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';

/** How many heads there are. */
export type HeadShape = Pick<FigureModel, 'layers' | 'heads' | 'kvHeads'>;

export interface HeadGrid {
  readonly x: number;
  readonly y: number;
  /** Of a cell with its gap. */
  readonly pitch: number;
  readonly rowPitch: number;
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

const label = { em: LABEL_EM } as const;
const BRACKETS_EM = 2;
const NUMBERS_EM = 1.4;
/** Of the screen's text, in whose pixels it counts. */
const SCREEN_TEXT_PX = 11;

const topOf = ({ heads, kvHeads }: HeadShape): number => NUMBERS_EM + (kvHeads < heads ? BRACKETS_EM : 0);

export interface GridOptions {
  /** Largest pitch, em. */
  readonly largestEm: number;
  /** Cells are as high as wide; else rows of a deep model are lower. */
  readonly square: boolean;
  /** Room under the grid, points. */
  readonly below: number;
}

export function headGrid(sketch: Sketch, frame: Frame, model: HeadShape, options: GridOptions): HeadGrid {
  const { em } = sketch;
  const left = sketch.width(`L${model.layers - 1}`, label) + 0.6 * em;
  const top = (topOf(model) + 0.2) * em;
  const fit = Math.min((frame.width - left) / model.heads, options.largestEm * em);
  const room = frame.height === undefined ? Infinity : (frame.height - top - options.below) / model.layers;
  const pitch = options.square ? Math.min(fit, Math.max(1, room)) : fit;
  // A deep model does not become a tower: rows down to the height of their numbers.
  const comfortable = Math.max(1.15 * LABEL_EM * em, (40 * em) / model.layers);
  const rowPitch = options.square ? pitch : Math.min(pitch, comfortable, Math.max(1, room));
  return {
    x: frame.x + left,
    y: frame.y + top,
    pitch,
    rowPitch,
    gap: Math.min(0.2 * em, 0.12 * Math.min(pitch, rowPitch)),
    width: pitch * model.heads,
    height: rowPitch * model.layers,
  };
}

export function cellOf(grid: HeadGrid, { layer, head }: HeadId) {
  return {
    x: grid.x + head * grid.pitch,
    y: grid.y + layer * grid.rowPitch,
    width: grid.pitch - grid.gap,
    height: grid.rowPitch - grid.gap,
  };
}

export function drawGridLabels(sketch: Sketch, grid: HeadGrid, model: HeadShape): void {
  const { em, theme } = sketch;
  const { layers, heads, kvHeads } = model;
  const step = headNumberStep((grid.pitch / (LABEL_EM * em)) * SCREEN_TEXT_PX, heads);
  const dim = { em: LABEL_EM, anchor: 'middle', fill: theme.textDim } as const;
  sketch.group('heads', () => {
    for (let head = 0; head < heads; head += step) {
      sketch.text(String(head), grid.x + head * grid.pitch + (grid.pitch - grid.gap) / 2, grid.y - 0.45 * em, dim);
    }
    if (kvHeads < heads) drawBrackets(sketch, grid, heads, kvHeads);
  });
  sketch.group('layers', () => {
    const every = Math.max(1, Math.ceil((1.1 * LABEL_EM * em) / grid.rowPitch));
    for (let layer = 0; layer < layers; layer += every) {
      const y = grid.y + layer * grid.rowPitch + (grid.rowPitch - grid.gap) / 2 + MIDDLE * LABEL_EM * em;
      sketch.text(`L${layer}`, grid.x - 0.5 * em, y, { em: LABEL_EM, anchor: 'end' });
    }
  });
}

function drawBrackets(sketch: Sketch, grid: HeadGrid, heads: number, kvHeads: number): void {
  const { em, theme } = sketch;
  const wide = (heads / kvHeads) * grid.pitch;
  const widest = sketch.width(`KV${kvHeads - 1}`, label);
  const name = (group: number) => (wide >= widest + 0.5 * em ? `KV${group}` : String(group));
  const step = Math.max(1, Math.ceil((sketch.width(name(kvHeads - 1), label) + 0.4 * em) / wide));
  const y = grid.y - NUMBERS_EM * em - 0.25 * em;
  for (let group = 0; group < kvHeads; group++) {
    const from = grid.x + group * wide;
    const to = from + wide - grid.gap;
    sketch.line(from, y, to, y, theme.textDim);
    for (const x of [from, to]) sketch.line(x, y, x, y + 0.3 * em, theme.textDim);
    if (group % step === 0)
      sketch.text(name(group), (from + to) / 2, y - 0.35 * em, { em: LABEL_EM, anchor: 'middle' });
  }
}

/** A ring around the selected head, in the gaps beside it. */
export function drawRing(sketch: Sketch, grid: HeadGrid, head: HeadId): void {
  const { x, y, width, height } = cellOf(grid, head);
  const out = grid.gap / 2;
  sketch.group('selected', () => {
    sketch.polyline(
      [
        [x - out, y - out],
        [x + width + out, y - out],
        [x + width + out, y + height + out],
        [x - out, y + height + out],
      ],
      { stroke: sketch.theme.warm, width: Math.max(0.8, grid.gap), closed: true },
    );
  });
}

/** A cross over a head whose output is changed. */
export function drawCross(sketch: Sketch, grid: HeadGrid, head: HeadId): void {
  const { x, y, width, height } = cellOf(grid, head);
  const inset = 0.15 * Math.min(width, height);
  const [left, right, top, bottom] = [x + inset, x + width - inset, y + inset, y + height - inset];
  sketch.group('ablated', () => {
    // Twice, so that it stands out from light cells and from dark ones.
    for (const [stroke, thick] of [
      [sketch.theme.background, 2],
      [sketch.theme.text, 0.8],
    ] as const) {
      sketch.polyline(
        [
          [left, top],
          [right, bottom],
        ],
        { stroke, width: thick },
      );
      sketch.polyline(
        [
          [right, top],
          [left, bottom],
        ],
        { stroke, width: thick },
      );
    }
  });
}
