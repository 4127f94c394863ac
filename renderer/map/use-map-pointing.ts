/** What is pointed at, pinned and gone to on a map, or on several that move together. */
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { isCell, sameTarget, type Target } from './layout.ts';
import type { MapRegion } from './region.ts';
import { useMapCursor, type MapCursor } from './use-map-cursor.ts';
import type { PlacedMap } from './use-map-layout.ts';
import { revealQuery, type CellAddress } from './viewport.ts';

/** What the views share with the rest of the window: the pinned token, and the one under the pointer. */
export interface PointingProps {
  readonly pinnedToken: number | undefined;
  readonly onPinToken: (index: number | undefined) => void;
  /** As pinning, but of several in a row only the last is a step to undo. */
  readonly onMarkToken: (index: number) => void;
  readonly hoverToken: number | undefined;
  readonly onHoverToken: (index: number | undefined) => void;
}

export interface PointingOptions extends PointingProps {
  readonly placed: PlacedMap;
  readonly onBrush?: (region: MapRegion) => void;
  readonly onEscape?: () => boolean;
}

/** What a map draws of it, and what it reports. */
export interface StagePointing {
  /** Row and column that stay marked. */
  readonly pinned: Target | undefined;
  /** Under the pointer, here or in a linked view. */
  readonly hover: Target | undefined;
  readonly cursor: CellAddress | undefined;
  readonly onHover: (target: Target | undefined) => void;
  readonly onPick: (target: Target, byKey: boolean) => void;
  readonly onUnpick: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

export interface MapPointing {
  readonly stage: StagePointing;
  readonly cursor: MapCursor;
  /** To be read: under the pointer here, or under the cursor. */
  readonly target: Target | undefined;
  readonly cell: CellAddress | undefined;
  /** The pointer is on the map: what it reads changes too often to be said aloud. */
  readonly isPointing: boolean;
  /** `key` is undefined where only a query is meant. */
  readonly goTo: (query: number, key: number | undefined) => void;
}

export function useMapPointing(options: PointingOptions): MapPointing {
  const { placed, pinnedToken, hoverToken, onBrush, onEscape } = options;
  const { tokens } = placed.map;
  const [pointed, setPointed] = useState<Target>();
  const pinned = useMemo(
    () => (pinnedToken === undefined ? undefined : { query: pinnedToken, key: pinnedToken }),
    [pinnedToken],
  );
  const pinBeforeClick = useRef<number>(undefined);
  const pin = (index: number) => {
    pinBeforeClick.current = pinnedToken;
    options.onPinToken(index === pinnedToken ? undefined : index);
  };
  const cursor = useMapCursor({
    placed,
    pinned: pinnedToken,
    onPin: pin,
    onMoved: () => setPointed(undefined),
    ...(onBrush ? { onBrush } : {}),
    ...(onEscape ? { onEscape } : {}),
  });
  // The prompt may have become shorter.
  const inMap = (target: Target | undefined): Target | undefined =>
    (target?.query ?? 0) < tokens && (target?.key ?? 0) < tokens ? target : undefined;
  const here = inMap(pointed);
  const target = here ?? cursor.cell;
  return {
    stage: {
      pinned,
      hover: here ?? inMap(hoverToken === undefined ? undefined : { query: hoverToken, key: hoverToken }),
      cursor: cursor.cell,
      onHover: (next) => {
        if (sameTarget(pointed, next)) return;
        setPointed(next);
        const token = next?.query ?? next?.key;
        if (token !== hoverToken) options.onHoverToken(token);
      },
      onPick: (picked, byKey) => {
        cursor.clear();
        const index = byKey ? picked.key : picked.query;
        if (index !== undefined) pin(index);
      },
      onUnpick: () => options.onPinToken(pinBeforeClick.current),
      onKeyDown: cursor.onKeyDown,
    },
    cursor,
    target,
    cell: isCell(target) ? target : undefined,
    isPointing: here !== undefined,
    goTo: (query, key) => {
      if (key === undefined) {
        cursor.clear();
        placed.control.glide((from) => revealQuery(from, query, placed.map));
      } else {
        cursor.show({ query, key });
      }
      options.onMarkToken(query);
    },
  };
}
