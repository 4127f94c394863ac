/** Texels from the C++ addon, on its own threads. */
import { CancelledError } from '../../shared/base/app-error.ts';
import { TILE_VALUES } from '../../shared/tensor/tile.ts';
import type { AddonMap, AttentionAddon } from '../attention/load-addon.ts';
import type { MapShape } from '../pattern/score-blocks.ts';
import { emptyGrid, lseOf, type MapOf, type Texels } from './texels.ts';

/** `implementation`: one of `addon.implementations()`; the best by default. */
export function addonTexels(
  addon: AttentionAddon,
  shape: MapShape,
  threads: number,
  implementation: string = addon.implementations()[0]!,
): Texels {
  const { heads, kvHeads, headDim } = shape;
  return async (request, signal) => {
    const { map, minus, rowStart, rowEnd, keyStart, keyEnd, skipKeys, level } = request;
    const grid = emptyGrid(request);
    const cancel = new Int32Array(1);
    const stop = () => Atomics.store(cancel, 0, 1);
    signal.addEventListener('abort', stop);
    try {
      const finished = await addon.tile({
        implementation,
        threads,
        heads,
        kvHeads,
        headDim,
        tokens: map.capture.tokens,
        rowStart,
        rowEnd,
        keyStart,
        keyEnd,
        skipKeys,
        level,
        value: minus === undefined ? TILE_VALUES.indexOf(request.value) : 0,
        reducer: ['max', 'sum', 'min'].indexOf(request.reducer),
        map: addonMap(shape, map),
        minus: minus === undefined ? null : addonMap(shape, minus),
        columns: grid.columns,
        values: grid.values,
        counts: grid.counts,
        cancel,
      });
      if (!finished || signal.aborted) throw new CancelledError();
      return grid;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

function addonMap(shape: MapShape, map: MapOf): AddonMap {
  const { capture, layer, head } = map;
  const { q, k } = capture.layers[layer]!;
  return {
    q,
    k,
    lse: lseOf(map),
    head,
    scale: shape.scale[layer]!,
    softcap: 0,
    window: shape.slidingWindow[layer] ?? capture.tokens,
  };
}
