import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { MapPlace } from '../state/view-state.ts';
import {
  clampViewport,
  fitCellPx,
  fitViewport,
  interpolateViewport,
  plotSize,
  type MapRoom,
  type Viewport,
} from './viewport.ts';

const ANIMATION_MS = 160;

/** `fit` follows the panel's size; a prompt of another length starts there again. */
interface Stored {
  readonly tokens: number;
  readonly view: Viewport | 'fit';
}

export interface ViewportControl {
  readonly viewport: Viewport;
  readonly fitted: boolean;
  /** Follows the hand: at once. */
  move(change: (from: Viewport) => Viewport): void;
  /** A single step, such as a button: eased, unless the person asked for less motion. */
  glide(change: (from: Viewport) => Viewport): void;
}

/** Where the map looked when it was left; it looks there again. */
export interface PlaceKeeper {
  readonly place: MapPlace | undefined;
  /** Told once it rests. */
  readonly onPlace: (place: MapPlace | undefined) => void;
}

const REST_MS = 100;

function placeOf(tokens: number, view: Viewport, map: MapRoom): MapPlace {
  const plot = plotSize(view.cellPx, map);
  return { tokens, ...view, rows: plot.height / view.cellPx, keys: plot.width / view.cellPx };
}

/** Where the map looks, kept inside the map as panel and prompt change. */
export function useViewport(map: MapRoom, keeper?: PlaceKeeper): ViewportControl {
  const [stored, setStored] = useState<Stored>(() => {
    const place = keeper?.place;
    if (place?.tokens !== map.tokens) return { tokens: map.tokens, view: 'fit' };
    const { tokens, query, key, cellPx } = place;
    return { tokens, view: { query, key, cellPx } };
  });
  const onPlace = useRef(keeper?.onPlace);
  useEffect(() => {
    onPlace.current = keeper?.onPlace;
  });
  useEffect(() => {
    const { tokens, view } = stored;
    const timer = setTimeout(() => onPlace.current?.(view === 'fit' ? undefined : placeOf(tokens, view, map)), REST_MS);
    return () => clearTimeout(timer);
  }, [stored, map]);
  const frame = useRef(0);
  /** Where a running animation goes: the next step starts from there, so that quick presses add up. */
  const goal = useRef<Viewport>(undefined);

  const resolve = useCallback(
    ({ tokens, view }: Stored): Viewport =>
      view === 'fit' || tokens !== map.tokens ? fitViewport(map) : clampViewport(view, map),
    [map],
  );
  const store = useCallback(
    (view: Viewport): Stored => ({
      tokens: map.tokens,
      view: view.cellPx <= fitCellPx(map) * 1.0001 ? 'fit' : view,
    }),
    [map],
  );
  const viewport = useMemo(() => resolve(stored), [resolve, stored]);

  const move = useCallback(
    (change: (from: Viewport) => Viewport) => {
      cancelAnimationFrame(frame.current);
      goal.current = undefined;
      setStored((before) => store(change(resolve(before))));
    },
    [resolve, store],
  );

  const glide = useCallback(
    (change: (from: Viewport) => Viewport) => {
      cancelAnimationFrame(frame.current);
      const to = change(goal.current ?? viewport);
      if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
        setStored(store(to));
        return;
      }
      goal.current = to;
      const started = performance.now();
      const step = (now: number) => {
        const t = Math.min(1, Math.max(0, (now - started) / ANIMATION_MS));
        setStored(store(interpolateViewport(viewport, to, 1 - (1 - t) ** 3)));
        if (t < 1) frame.current = requestAnimationFrame(step);
        else goal.current = undefined;
      };
      frame.current = requestAnimationFrame(step);
    },
    [store, viewport],
  );

  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
    },
    [],
  );

  return { viewport, fitted: stored.view === 'fit' || stored.tokens !== map.tokens, move, glide };
}
