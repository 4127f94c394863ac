import type { RefObject } from 'react';
import type { MapLayout } from './layout.ts';

/** Sizes a canvas to the panel in device pixels (which clears it, so only on change) and scales to CSS pixels. */
export function prepareCanvas(
  canvas: RefObject<HTMLCanvasElement | null>,
  { panel }: MapLayout,
  pixelRatio: number,
): CanvasRenderingContext2D | null {
  const element = canvas.current;
  const context = element?.getContext('2d');
  if (!element || !context) return null;
  const width = Math.round(panel.width * pixelRatio);
  const height = Math.round(panel.height * pixelRatio);
  if (element.width !== width || element.height !== height) {
    element.width = width;
    element.height = height;
    element.style.width = `${panel.width}px`;
    element.style.height = `${panel.height}px`;
  }
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  return context;
}
