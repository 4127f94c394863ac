/**
 * The sheet of small maps on a canvas that is never on screen: from there cells are drawn. Coloured once for a run,
 * whatever is scrolled or resized.
 */
import { colourSheet, MAPS_COLOURS, type GridSize } from '../../shared/view/atlas/map-sheet.ts';
import type { RunMiniatures } from '../engine/data-keys.ts';

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
