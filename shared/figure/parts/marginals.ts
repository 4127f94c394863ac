/** The strips that share an axis with a map, on the scales of the screen. */
import { lutOf, sampleLut } from '../../colour/lut.ts';
import { parseHex } from '../../colour/rgb.ts';
import { toUnit } from '../../colour/value-scale.ts';
import type { HeadProfile } from '../../model/run.ts';
import { binAlong } from '../../view/map/bin-along.ts';
import { COLUMN_SCALE, entropyTop, SINK_SCALE } from '../../view/map/marginal-scales.ts';
import type { RasterSource, SceneRect } from '../scene.ts';
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

/** Attention of every query on one key. Queries before the key cannot see it. */
export function drawSinkStrip(
  sketch: Sketch,
  rect: SceneRect,
  rows: RowWindow,
  key: number,
  values: Float32Array,
): void {
  sketch.rasters.push({ ...rect, source: stripRaster(rect.height, rows, key, values, sketch.theme.mask) });
  sketch.group('sink', () => {
    frame(sketch, rect.x, rect.y, rect.width, rect.height);
    sketch.text('0–1', rect.x + rect.width / 2, rect.y + rect.height + 1.2 * sketch.em, {
      em: LABEL_EM,
      anchor: 'middle',
      fill: sketch.theme.textDim,
    });
  });
}

/** A texel for every query, or for every quarter of a point where queries are smaller: the largest of its queries. */
function stripRaster(
  height: number,
  { start, cell }: RowWindow,
  key: number,
  values: Float32Array,
  mask: string,
): RasterSource {
  const perTexel = Math.max(1, 1 / (cell * STEPS_PER_POINT));
  const count = Math.round(height / cell / perTexel);
  const lut = lutOf('viridis');
  const masked = parseHex(mask)!;
  return {
    rows: count,
    columns: 1,
    read(from, to) {
      const texels = new Uint8Array((to - from) * 4);
      for (let row = from; row < to; row++) {
        const first = Math.floor(start + row * perTexel + 1e-9);
        const end = Math.min(values.length, Math.max(first + 1, Math.floor(start + (row + 1) * perTexel + 1e-9)));
        let most = NaN;
        for (let query = Math.max(first, key); query < end; query++)
          if (!(most >= values[query]!)) most = values[query]!;
        const { r, g, b } = Number.isNaN(most) ? masked : sampleLut(lut, toUnit(SINK_SCALE, most));
        texels.set([r, g, b, 255], (row - from) * 4);
      }
      return Promise.resolve(texels);
    },
  };
}

/** Entropy of every row, with the most that it can be. */
export function drawEntropy(sketch: Sketch, rect: SceneRect, rows: RowWindow, profile: HeadProfile): void {
  const { theme, em } = sketch;
  const tokens = profile.entropy.length;
  const perNat = rect.width / entropyTop(tokens);
  sketch.group('row-entropy', () => {
    const steps: [number, number][] = [[rect.x, rect.y]];
    for (const { startPx, endPx, value } of binAlong(profile.entropy, axisOf(rows, rect.height), 'mean')) {
      const x = rect.x + value * perNat;
      steps.push([x, rect.y + startPx], [x, rect.y + Math.min(endPx, rect.height)]);
    }
    steps.push([rect.x, steps.at(-1)![1]]);
    sketch.steps(steps, theme.bar);
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
    const steps: [number, number][] = [[rect.x, rect.y]];
    for (const { startPx, endPx, value } of binAlong(profile.columnMean, axisOf(keys, rect.width), 'max')) {
      const y = rect.y + toUnit(COLUMN_SCALE, value) * rect.height;
      steps.push([rect.x + startPx, y], [rect.x + Math.min(endPx, rect.width), y]);
    }
    steps.push([steps.at(-1)![0], rect.y]);
    sketch.steps(steps, theme.bar);
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
