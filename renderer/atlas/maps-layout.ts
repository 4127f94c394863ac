/** Geometry of the head grid when its cells hold small maps. Pure. */
import { EDGE_PX, labelHeight, labelWidth, type AtlasLayout } from './atlas-layout.ts';

/** Smallest side at which the shape of a map can be told. */
export const LEAST_MAP_PX = 28;
/** Past this the map in the middle of the window shows more. */
const LARGEST_MAP_PX = 128;
const GAP_PX = 2;
/** Room that a vertical scroll bar may take; always left, so that its coming and going does not change the layout. */
const SCROLL_BAR_PX = 12;

export interface MapsLayoutQuestion {
  readonly widthPx: number;
  readonly layers: number;
  readonly heads: number;
  readonly brackets: boolean;
  /** Texels along the side of a map. */
  readonly size: number;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

/**
 * A texel is a whole number of device pixels, the same for all, and so is every edge of a cell: nearest sampling then
 * drops no texel and widens none. As large as the width allows; where even the smallest readable maps do not fit, the
 * grid scrolls.
 */
export function mapsLayout(question: MapsLayoutQuestion): AtlasLayout {
  const { widthPx, layers, heads, brackets, size, pixelRatio } = question;
  const snapped = (px: number) => Math.round(px * pixelRatio) / pixelRatio;
  const [leftPx, topPx] = [snapped(labelWidth(layers)), snapped(labelHeight(brackets))];
  const gapPx = Math.max(1, Math.round(GAP_PX * pixelRatio)) / pixelRatio;
  const texelPx = 1 / pixelRatio;
  const roomPx = Math.min(LARGEST_MAP_PX, (widthPx - leftPx - EDGE_PX - SCROLL_BAR_PX) / heads - gapPx);
  const least = Math.ceil(LEAST_MAP_PX / (size * texelPx) - 1e-9);
  const pixelsPerTexel = Math.max(1, least, Math.floor(roomPx / (size * texelPx) + 1e-9));
  const pitchPx = size * pixelsPerTexel * texelPx + gapPx;
  return {
    pitchPx,
    rowPx: pitchPx,
    gapPx,
    leftPx,
    topPx,
    width: leftPx + heads * pitchPx + EDGE_PX,
    height: topPx + layers * pitchPx + EDGE_PX,
    showValues: false,
  };
}
