/** The texels of a map in its frame, with borders and numbers where cells are large enough. */
import { textOn } from '../../colour/contrast.ts';
import { lutOf, sampleLut } from '../../colour/lut.ts';
import { parseHex, toHex } from '../../colour/rgb.ts';
import type { TileValue } from '../../tensor/tile.ts';
import { colourPosition } from '../../view/map/colour-steps.ts';
import { colourTexels } from '../../view/map/colour-texels.ts';
import { formatInCell } from '../../view/map/format-value.ts';
import { colourWords, isTinted, type MapColours } from '../../view/map/map-colours.ts';
import type { RasterSource, SceneRect } from '../scene.ts';
import { MIDDLE } from '../scene.ts';
import { HAIR_PT, type Sketch } from '../sketch.ts';
import { frame } from './colour-bar.ts';
import type { MapData } from './map-data.ts';

/** Cells this large get borders, em. */
const BORDER_EM = 1.1;
/** Smallest print of numbers in cells, points. */
const LEAST_NUMBER_PT = 4;

/** RGBA of a map's texels; masked ones have the colour of the mask. */
export function mapRaster(
  data: Pick<MapData, 'rows' | 'columns' | 'read'>,
  colours: MapColours,
  mask: string,
): RasterSource {
  const words = colourWords(colours);
  const masked = wordOf(mask);
  return {
    rows: data.rows,
    columns: data.columns,
    async read(start, end) {
      const values = await data.read(start, end);
      const texels = new Uint32Array(values.length);
      colourTexels(values, colours.steps, words, texels);
      for (let index = 0; index < texels.length; index++) texels[index] ||= masked;
      return new Uint8Array(texels.buffer);
    },
  };
}

/** A colour as RGBA word in the byte order of the machine, as `lutWords` has them. */
function wordOf(colour: string): number {
  const { r, g, b } = parseHex(colour)!;
  return new Uint32Array(Uint8Array.of(r, g, b, 255).buffer)[0]!;
}

export interface MapPlot {
  readonly data: MapData;
  readonly colours: MapColours;
  readonly value: TileValue;
  readonly plot: SceneRect;
  /** Points. */
  readonly cell: number;
  readonly numbers: boolean;
}

export function drawMapPlot(sketch: Sketch, { data, colours, value, plot, cell, numbers }: MapPlot): void {
  const { theme } = sketch;
  sketch.rasters.push({ ...plot, source: mapRaster(data, colours, theme.mask) });
  const { rows, columns, values, level, region } = data;
  if (level === 0 && values && cell >= BORDER_EM * sketch.em) {
    sketch.group('cells', () => {
      // Borders where there are cells: a key is visible from its own row down.
      for (let column = 1; column < columns; column++) {
        const from = Math.max(0, region.keyStart + column - 1 - region.rowStart);
        const x = plot.x + column * cell;
        if (from < rows) sketch.line(x, plot.y + from * cell, x, plot.y + plot.height, theme.mask, HAIR_PT / 2);
      }
      for (let row = 1; row < rows; row++) {
        const to = Math.min(columns, region.rowStart + row - region.keyStart + 1);
        const y = plot.y + row * cell;
        if (to > 0) sketch.line(plot.x, y, plot.x + to * cell, y, theme.mask, HAIR_PT / 2);
      }
    });
    if (numbers) drawNumbers(sketch, { values, rows, columns }, colours, value, plot, cell);
  }
  sketch.group('frame', () => frame(sketch, plot.x, plot.y, plot.width, plot.height));
}

function drawNumbers(
  sketch: Sketch,
  { values, rows, columns }: { readonly values: Float32Array; readonly rows: number; readonly columns: number },
  colours: MapColours,
  value: TileValue,
  plot: SceneRect,
  cell: number,
): void {
  const sizePt = Math.min(0.9 * sketch.em, cell / 3.4);
  if (sizePt < LEAST_NUMBER_PT) return;
  const em = sizePt / sketch.em;
  const lut = lutOf(colours.map);
  const wide = cell >= 5 * sizePt;
  sketch.group('numbers', () => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const number = values[row * columns + column]!;
        if (Number.isNaN(number) || isTinted(number)) continue;
        const text = formatInCell(value, number, wide);
        if (sketch.width(text, { em }) > cell) continue;
        sketch.text(text, plot.x + (column + 0.5) * cell, plot.y + (row + 0.5) * cell + MIDDLE * sizePt, {
          em,
          anchor: 'middle',
          fill: toHex(textOn(sampleLut(lut, colourPosition(colours.scale, number)))),
        });
      }
    }
  });
}
