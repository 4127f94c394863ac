/** All small maps of a run in colours, side by side. Pure. */
import { colourIndex } from '../map/colour-steps.ts';
import { lutWords, mapColours, type MapColours } from '../map/map-colours.ts';
import type { Miniatures } from '../../model/run.ts';

export interface GridSize {
  readonly layers: number;
  readonly heads: number;
}

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
export function fits({ size, values }: Miniatures, { layers, heads }: GridSize): boolean {
  return size > 0 && values.length === layers * heads * size * size;
}

/**
 * RGBA words of the sheet, [layers x size][heads x size]: the map of a head stands where its cell stands in the grid.
 * Masked texels are transparent.
 */
export function colourSheet(
  { size, values }: Miniatures,
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
