/**
 * All small maps of a run in colours, side by side on one canvas that is never on screen: from there cells are drawn.
 * Coloured once for a run, whatever is scrolled or resized.
 */
import { colourIndex } from '../map/colour-steps.ts';
import { lutWords, mapColours, type MapColours } from '../map/map-colours.ts';
import type { RunMiniatures } from '../engine/data-keys.ts';
import type { GridSize } from './cell-range.ts';

/** The colours that the big map begins with, so that both say the same by the same colour. Equal in both themes. */
export const MAPS_COLOURS: MapColours = mapColours({
  value: 'probability',
  reducer: 'max',
  scale: 'log',
  gamma: 1,
  excludeSinks: false,
  theme: 'dark',
  shown: undefined,
  overview: undefined,
});

/** Whether the maps are those of a model of this shape. */
export function fits({ size, values }: RunMiniatures, { layers, heads }: GridSize): boolean {
  return size > 0 && values.length === layers * heads * size * size;
}

/**
 * RGBA words of the sheet, [layers x size][heads x size]: the map of a head stands where its cell stands in the grid.
 * Masked texels are transparent.
 */
export function colourSheet(
  { size, values }: RunMiniatures,
  { layers, heads }: GridSize,
  colours: MapColours,
  into: Uint32Array,
): void {
  const words = lutWords(colours.map);
  const width = heads * size;
  let from = 0;
  for (let layer = 0; layer < layers; layer++) {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < size; row++) {
        const to = (layer * size + row) * width + head * size;
        for (let column = 0; column < size; column++) {
          const value = values[from++]!;
          // NaN is the only value that is not equal to itself.
          into[to + column] = value === value ? words[colourIndex(colours.steps, value)]! : 0;
        }
      }
    }
  }
}

/** By the answer that they were made from: a run that is forgotten takes its sheet along. */
const sheets = new WeakMap<RunMiniatures, HTMLCanvasElement>();

/** The sheet of a run; undefined where there is no canvas to be had. */
export function sheetOf(miniatures: RunMiniatures, grid: GridSize): HTMLCanvasElement | undefined {
  const known = sheets.get(miniatures);
  if (known) return known;
  const canvas = document.createElement('canvas');
  canvas.width = grid.heads * miniatures.size;
  canvas.height = grid.layers * miniatures.size;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  const image = context.createImageData(canvas.width, canvas.height);
  colourSheet(miniatures, grid, MAPS_COLOURS, new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  sheets.set(miniatures, canvas);
  return canvas;
}
