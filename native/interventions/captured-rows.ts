/** Rows of any head of a capture, edited or not. */
import type { LayerCapture } from '../capture/capture.ts';
import { sourceOf } from './attend.ts';
import type { AttendedLayer } from './attended-layer.ts';
import { HeadRows } from './head-rows.ts';

export function capturedRows(
  architecture: AttendedLayer['architecture'],
  {
    tokens,
    layers,
  }: { readonly tokens: number; readonly layers: readonly Pick<LayerCapture, 'q' | 'k' | 'patterns'>[] },
  layer: number,
  head: number,
): HeadRows {
  const { q, k, patterns } = layers[layer]!;
  return new HeadRows(
    { ...sourceOf(architecture, layer, head), q, k, tokens, queryStart: 0 },
    patterns?.get(head) ?? [],
  );
}
