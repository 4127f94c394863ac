/** Maps whose rows sum to 1 without their first keys. */
import type { TileValue } from '../../shared/tensor/tile.ts';
import { LEAST_MASS_LEFT } from '../../shared/view/map/sink-mode.ts';
import type { MapOf, Texels } from './texels.ts';

/**
 * The map with the log-sum-exp of its rows over the keys from `skipKeys` on: lse + log(1 - the mass on the keys before).
 * Rows with less than LEAST_MASS_LEFT outside keep theirs. A lift is then one over the keys that are left.
 */
export async function renormalised(
  map: MapOf,
  skipKeys: number,
  value: TileValue,
  window: number | null,
  texels: Texels,
  signal: AbortSignal,
): Promise<MapOf> {
  const { capture, layer, head } = map;
  const { tokens } = capture;
  const columns = Math.min(skipKeys, tokens);
  const rectangle = { rowStart: 0, rowEnd: tokens, keyStart: 0, keyEnd: columns };
  const request = {
    map,
    minus: undefined,
    ...rectangle,
    skipKeys: 0,
    level: 0,
    value: 'logit',
    reducer: 'max',
  } as const;
  const { values } = await texels(request, signal);
  const own = capture.layers[layer]!.lse.subarray(head * tokens, (head + 1) * tokens);
  const lse = Float32Array.from(own, (before, row) => {
    let gone = 0;
    let hidden = 0;
    for (let key = 0; key < columns; key++) {
      const score = values[row * columns + key]!;
      if (Number.isNaN(score)) continue;
      gone += Math.exp(score - before);
      hidden += 1;
    }
    const left = 1 - gone;
    if (!(left >= LEAST_MASS_LEFT)) return before;
    const visible = Math.min(row + 1, window ?? row + 1);
    return before + Math.log(left) + (value === 'lift' ? Math.log(visible / (visible - hidden)) : 0);
  });
  return { ...map, lse };
}
