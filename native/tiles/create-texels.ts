/** Texels from the addon where it is there, edited maps from their rows. */
import type { AttentionAddon } from '../attention/load-addon.ts';
import { isEdited, type MapShape, type ScoreReader } from '../pattern/score-blocks.ts';
import { addonTexels } from './addon-texels.ts';
import { readerTexels } from './reader-texels.ts';
import type { MapOf, Texels } from './texels.ts';

export function createTexels(
  addon: AttentionAddon | null,
  shape: MapShape,
  reader: ScoreReader,
  threads: number,
): Texels {
  const byRows = readerTexels(reader);
  if (addon === null) return byRows;
  const byAddon = addonTexels(addon, shape, threads);
  const isOfEdited = (map: MapOf | undefined) => map !== undefined && isEdited(map.capture, map.layer, map.head);
  return (request, signal) =>
    isOfEdited(request.map) || isOfEdited(request.minus) ? byRows(request, signal) : byAddon(request, signal);
}
