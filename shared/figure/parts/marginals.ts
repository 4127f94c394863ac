/** The strips that share an axis with a map, on the scales of the screen. */
import { lutOf, sampleLut } from '../../colour/lut.ts';
import { toHex } from '../../colour/rgb.ts';
import { toUnit } from '../../colour/value-scale.ts';
import type { HeadProfile } from '../../model/run.ts';
import { binAlong } from '../../view/map/bin-along.ts';
import { COLUMN_SCALE, entropyTop, SINK_SCALE } from '../../view/map/marginal-scales.ts';
import type { SceneRect } from '../scene.ts';
import { HAIR_PT, LABEL_EM, type Sketch } from '../sketch.ts';
import { frame } from './colour-bar.ts';

/** Stretches of a bar chart end at whole quarters of a point. */
const STEPS_PER_POINT = 4;

export interface RowWindow {
  readonly start: number;
  /** Points. */
  readonly cell: number;
}

const axisOf = ({ start, cell }: RowWindow, lengthPt: number) => ({
  start,
  cellPx: cell,
  lengthPx: lengthPt,
  pixelRatio: STEPS_PER_POINT,
});

/** Attention of every query on one key. */
export function drawSinkStrip(
  sketch: Sketch,
  rect: SceneRect,
  rows: RowWindow,
  key: number,
  values: Float32Array,
): void {
  const lut = lutOf('viridis');
  sketch.group('sink', () => {
    sketch.rect(rect.x, rect.y, rect.width, rect.height, sketch.theme.mask);
    // Queries before the key cannot see it.
    const first = (key - rows.start) * rows.cell;
    for (const { startPx, endPx, value } of binAlong(values, axisOf(rows, rect.height), 'max')) {
      if (endPx <= first + 1e-6) continue;
      const end = Math.min(endPx, rect.height);
      sketch.rect(
        rect.x,
        rect.y + startPx,
        rect.width,
        end - startPx,
        toHex(sampleLut(lut, toUnit(SINK_SCALE, value))),
      );
    }
    frame(sketch, rect.x, rect.y, rect.width, rect.height);
    sketch.text('0–1', rect.x + rect.width / 2, rect.y + rect.height + 1.2 * sketch.em, {
      em: LABEL_EM,
      anchor: 'middle',
      fill: sketch.theme.textDim,
    });
  });
}

/** Entropy of every row, with the most that it can be. */
export function drawEntropy(sketch: Sketch, rect: SceneRect, rows: RowWindow, profile: HeadProfile): void {
  const { theme, em } = sketch;
  const tokens = profile.entropy.length;
  const perNat = rect.width / entropyTop(tokens);
  sketch.group('row-entropy', () => {
    for (const { startPx, endPx, value } of binAlong(profile.entropy, axisOf(rows, rect.height), 'mean')) {
      const end = Math.min(endPx, rect.height);
      if (value > 0) sketch.rect(rect.x, rect.y + startPx, value * perNat, end - startPx, theme.bar);
    }
    sketch.line(rect.x, rect.y, rect.x, rect.y + rect.height);
    const most: [number, number][] = [];
    for (let y = 0; y <= rect.height; y += 1) {
      const query = Math.min(tokens - 1, Math.floor(rows.start + y / rows.cell));
      most.push([rect.x + Math.log(query + 1) * perNat, rect.y + y]);
    }
    sketch.polyline(most, { stroke: theme.textDim, width: HAIR_PT, dash: [1.2, 1.8] });
    sketch.text(`${entropyTop(tokens).toFixed(1)} nats`, rect.x + rect.width, rect.y + rect.height + 1.2 * em, {
      em: LABEL_EM,
      anchor: 'end',
      fill: theme.textDim,
    });
  });
}

/** Mean attention on every key, downward from the map. */
export function drawColumnMean(sketch: Sketch, rect: SceneRect, keys: RowWindow, profile: HeadProfile): void {
  const { theme, em } = sketch;
  sketch.group('column-mean', () => {
    for (const { startPx, endPx, value } of binAlong(profile.columnMean, axisOf(keys, rect.width), 'max')) {
      const height = toUnit(COLUMN_SCALE, value) * rect.height;
      if (height > 0) sketch.rect(rect.x + startPx, rect.y, Math.min(endPx, rect.width) - startPx, height, theme.bar);
    }
    sketch.line(rect.x, rect.y, rect.x + rect.width, rect.y);
    const name = { em: LABEL_EM, anchor: 'end', fill: theme.textDim } as const;
    sketch.text('column mean', rect.x - 0.6 * em, rect.y + 0.9 * em, name);
    sketch.text('log, 10⁻⁴–1', rect.x - 0.6 * em, rect.y + 2.1 * em, name);
  });
}

/** Width of the words beside `drawColumnMean`. */
export function columnMeanHeading(sketch: Sketch): number {
  return (
    Math.max(...['column mean', 'log, 10⁻⁴–1'].map((text) => sketch.width(text, { em: LABEL_EM }))) + 0.6 * sketch.em
  );
}
