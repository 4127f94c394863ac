/** The strips that share an axis with the map: attention on the sink keys, row entropy, mean attention on every key. */
import type { HeadProfile } from '../../shared/contract/methods.ts';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { toUnit } from '../../shared/colour/value-scale.ts';
import { binAlong, type AxisWindow } from '../../shared/view/map/bin-along.ts';
import { COLUMN_SCALE, entropyTop, SINK_SCALE } from '../../shared/view/map/marginal-scales.ts';
import type { MapLayout, RectPx } from './layout.ts';
import type { SinkColumn } from './use-sink-columns.ts';
import type { ThemeColours } from './use-theme-colours.ts';
import type { Viewport } from './viewport.ts';

export interface MarginalPainting {
  readonly context: CanvasRenderingContext2D;
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly profile: HeadProfile | undefined;
  /** As many as there are strips, or more. */
  readonly sinks: readonly SinkColumn[];
  readonly tokens: number;
  readonly pixelRatio: number;
  readonly theme: ThemeColours;
}

export function paintMarginals(painting: MarginalPainting): void {
  const { context, layout, viewport, profile, tokens, pixelRatio, theme } = painting;
  const rows: AxisWindow = { start: viewport.query, cellPx: viewport.cellPx, lengthPx: layout.plot.height, pixelRatio };
  const columns: AxisWindow = { start: viewport.key, cellPx: viewport.cellPx, lengthPx: layout.plot.width, pixelRatio };
  // A hair of space between bars once cells are large enough to be told apart.
  const hair = viewport.cellPx >= 4 ? 1 : 0;
  const fits = profile?.entropy.length === tokens ? profile : undefined;

  for (const [place, strip] of layout.sinks.entries()) {
    const column = painting.sinks[place];
    const values = column?.values?.length === tokens ? column.values : undefined;
    framed(context, strip, theme.mask, (rect) => {
      const lut = lutOf('viridis');
      // Queries before the key cannot see it: the tint stays.
      const firstPx = ((column?.key ?? 0) - viewport.query) * viewport.cellPx;
      for (const { startPx, endPx, value } of values ? binAlong(values, rows, 'max') : []) {
        if (endPx <= firstPx + 1e-6) continue;
        context.fillStyle = toHex(sampleLut(lut, toUnit(SINK_SCALE, value)));
        context.fillRect(rect.x, rect.y + startPx, rect.width, endPx - startPx - (viewport.cellPx >= 12 ? hair : 0));
      }
    });
  }
  if (layout.entropy) {
    framed(context, layout.entropy, undefined, (rect) => {
      const perNat = rect.width / entropyTop(tokens);
      context.fillStyle = theme.bar;
      for (const { startPx, endPx, value } of fits ? binAlong(fits.entropy, rows, 'mean') : []) {
        context.fillRect(rect.x, rect.y + startPx, value * perNat, endPx - startPx - hair);
      }
      context.fillStyle = theme.line;
      context.fillRect(rect.x, rect.y, 1, rect.height);
      // What uniform attention over the visible keys would have: the most that a row can reach.
      context.strokeStyle = theme.textDim;
      context.lineWidth = 1;
      context.setLineDash([2, 3]);
      context.beginPath();
      for (let y = 0; y <= rect.height; y += 2) {
        const query = viewport.query + y / viewport.cellPx;
        context.lineTo(rect.x + Math.log(Math.floor(query) + 1) * perNat + 0.5, rect.y + y);
      }
      context.stroke();
      context.setLineDash([]);
    });
  }
  if (layout.columns) {
    framed(context, layout.columns, undefined, (rect) => {
      context.fillStyle = theme.bar;
      for (const { startPx, endPx, value } of fits ? binAlong(fits.columnMean, columns, 'max') : []) {
        const height = toUnit(COLUMN_SCALE, value) * rect.height;
        context.fillRect(rect.x + startPx, rect.y, endPx - startPx - hair, height);
      }
      context.fillStyle = theme.line;
      context.fillRect(rect.x, rect.y, rect.width, 1);
    });
  }
}

function framed(
  context: CanvasRenderingContext2D,
  rect: RectPx,
  background: string | undefined,
  paint: (rect: RectPx) => void,
): void {
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  if (background !== undefined) {
    context.fillStyle = background;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
  }
  paint(rect);
  context.restore();
}
