/** The numbers and colours of one map: which tiles it wants, at which level, and on which scale they are seen. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { topLevel } from '../../shared/tensor/tile.ts';
import {
  dataDomain,
  mapColours,
  openEnds,
  type ColourQuestion,
  type Extent,
  type MapColours,
} from '../../shared/view/map/map-colours.ts';
import type { TileSource } from './map-source.ts';
import { pictureKey, type Picture } from './picture.ts';
import { overviewOf, wantedTiles } from './place-tiles.ts';
import { TileCache } from './tile-cache.ts';
import type { SizePx, Viewport } from './viewport.ts';

export interface MapTilesQuestion {
  readonly source: TileSource;
  /** Memoised: a new object asks anew. */
  readonly picture: Picture;
  readonly viewport: Viewport;
  readonly plot: SizePx;
  readonly level: number;
  readonly colours: Pick<ColourQuestion, 'scale' | 'gamma' | 'excludeSinks' | 'theme' | 'domain' | 'map' | 'tint'>;
  /** Keys whose texels do not set the colour domain, besides those that the picture skips. */
  readonly withoutKeys: readonly number[];
  readonly budgetBytes: number;
}

export interface MapTiles {
  readonly cache: TileCache;
  /** Changes when the cache has news. */
  readonly version: number;
  /** Name of the picture in the cache. */
  readonly key: string;
  /** The same object while the colours are the same. */
  readonly colours: MapColours;
  readonly open: { readonly low: boolean; readonly high: boolean };
  /** Ends that the scale has without one that is set. */
  readonly domain: Extent;
  readonly failure: Error | undefined;
  /** The whole map is here, at least coarsely. */
  readonly ready: boolean;
}

export function useMapTiles(asked: MapTilesQuestion): MapTiles {
  const { source, picture, viewport, plot, level, withoutKeys, budgetBytes } = asked;
  const [cache] = useState(
    () => new TileCache({ budgetBytes, concurrency: 4, schedule: (run) => void requestAnimationFrame(run) }),
  );
  const version = useSyncExternalStore(cache.subscribe, cache.version);
  const key = pictureKey(picture);
  useEffect(() => {
    cache.want(source, picture, wantedTiles(viewport, plot, picture.tokens, level));
    // The version: after a retry, or when room was made, something may have to be asked for again.
  }, [cache, version, source, picture, viewport, plot, level]);
  useEffect(
    () => () => {
      cache.clear();
    },
    [cache],
  );

  const question: ColourQuestion = {
    ...asked.colours,
    value: picture.value,
    reducer: picture.reducer,
    isDifference: picture.minus !== undefined,
    tokens: picture.tokens,
    shown: cache.extent(key, level, withoutKeys),
    overview: cache.extent(key, topLevel(picture.tokens), withoutKeys),
  };
  const colours = mapColours(question);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- equal keys are equal colours, and a new object repaints all
  const stable = useMemo(() => colours, [colours.key]);
  return {
    cache,
    version,
    key,
    colours: stable,
    open: openEnds(question, colours.scale),
    domain: dataDomain(question),
    failure: cache.failureOf(key),
    ready: cache.get(key, overviewOf(picture.tokens)) !== undefined,
  };
}
