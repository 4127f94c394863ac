/** The small maps of the cells in a range, onto the canvas under the grid. */
import type { AtlasLayout } from './atlas-layout.ts';
import type { CellRange } from './cell-range.ts';

/** Seen, and not taken for data. */
const SKELETON_ALPHA = 0.25;

export interface MapsPainting {
  /** Of a canvas whose upper left corner is that of the range's first cell. */
  readonly context: CanvasRenderingContext2D;
  readonly layout: AtlasLayout;
  readonly range: CellRange;
  readonly pixelRatio: number;
  /** Undefined while the maps are on their way: then the shape of a map stands in. */
  readonly sheet: HTMLCanvasElement | undefined;
  readonly size: number;
  /** Under masked texels. */
  readonly ground: string;
  readonly skeleton: string;
}

export function paintMaps(painting: MapsPainting): void {
  const { context, layout, range, pixelRatio, sheet, size, ground, skeleton } = painting;
  const device = (px: number) => Math.round(px * pixelRatio);
  const pitch = device(layout.pitchPx);
  const side = pitch - device(layout.gapPx);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.imageSmoothingEnabled = false;
  for (let layer = range.firstLayer; layer < range.endLayer; layer++) {
    for (let head = range.firstHead; head < range.endHead; head++) {
      const [x, y] = [(head - range.firstHead) * pitch, (layer - range.firstLayer) * pitch];
      context.fillStyle = ground;
      context.fillRect(x, y, side, side);
      if (sheet) {
        context.drawImage(sheet, head * size, layer * size, size, size, x, y, side, side);
        continue;
      }
      context.fillStyle = skeleton;
      context.globalAlpha = SKELETON_ALPHA;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + side, y + side);
      context.lineTo(x, y + side);
      context.fill();
      context.globalAlpha = 1;
    }
  }
}
