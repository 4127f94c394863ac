/** What is pointed at and pinned on maps of one head under several methods: a query and a key, apart from each other. */
import { useMemo, useRef, useState } from 'react';
import { isCell, sameTarget, type Target } from '../map/layout.ts';
import { useMapCursor } from '../map/use-map-cursor.ts';
import type { PlacedMap } from '../map/use-map-layout.ts';
import type { MapPointing } from '../map/use-map-pointing.ts';
import { revealQuery } from '../map/viewport.ts';

/** As the lab keeps it; null: none. */
export interface LabPin {
  readonly query: number | null;
  readonly key: number | null;
}

export interface LabPointingOptions {
  readonly placed: PlacedMap;
  readonly pin: LabPin;
  readonly onPin: (pin: LabPin) => void;
  /** Token under the pointer in the rest of the window. */
  readonly hoverToken: number | undefined;
  readonly onHoverToken: (index: number | undefined) => void;
}

const NOTHING: LabPin = { query: null, key: null };

export function useLabPointing({ placed, pin, onPin, hoverToken, onHoverToken }: LabPointingOptions): MapPointing {
  const { tokens } = placed.map;
  const [pointed, setPointed] = useState<Target>();
  const before = useRef(NOTHING);
  const { query, key } = pin;
  const pinned = useMemo((): Target | undefined => {
    const within = (index: number | null) => (index !== null && index < tokens ? index : undefined);
    const target = { query: within(query), key: within(key) };
    return target.query === undefined && target.key === undefined ? undefined : target;
  }, [query, key, tokens]);
  const put = (next: LabPin) => {
    before.current = pin;
    onPin(next.query === query && next.key === key ? NOTHING : next);
  };
  const cursor = useMapCursor({
    placed,
    pinned: pinned?.query,
    onPin: (_, cell) => put(cell),
    onMoved: () => setPointed(undefined),
    onEscape: () => {
      if (pinned) onPin(NOTHING);
      return pinned !== undefined;
    },
  });
  const inMap = (target: Target | undefined): Target | undefined =>
    (target?.query ?? 0) < tokens && (target?.key ?? 0) < tokens ? target : undefined;
  const here = inMap(pointed);
  const target = here ?? cursor.cell ?? pinned;
  return {
    stage: {
      pinned,
      hover: here ?? inMap(hoverToken === undefined ? undefined : { query: hoverToken, key: hoverToken }),
      cursor: cursor.cell,
      onHover: (next) => {
        if (sameTarget(pointed, next)) return;
        setPointed(next);
        const token = next?.query ?? next?.key;
        if (token !== hoverToken) onHoverToken(token);
      },
      onPick: (picked) => {
        cursor.clear();
        put(pinOf(picked, pin, tokens));
      },
      onUnpick: () => onPin(before.current),
      onKeyDown: cursor.onKeyDown,
    },
    cursor,
    target,
    cell: isCell(target) ? target : undefined,
    isPointing: here !== undefined,
    goTo: (row, column) => {
      if (column === undefined) {
        cursor.clear();
        placed.control.glide((from) => revealQuery(from, row, placed.map));
      } else {
        cursor.show({ query: row, key: column });
      }
      onPin({ query: row, key: column ?? null });
    },
  };
}

/** A row is pinned without a key, a column with the query that is pinned where it sees it. No query sees the future. */
export function pinOf(picked: Target, pin: LabPin, tokens: number): LabPin {
  const { query, key } = picked;
  if (key === undefined) return { query: query ?? null, key: null };
  if (query === undefined) return { query: (pin.query ?? tokens - 1) >= key ? pin.query : null, key };
  return { query, key: key > query ? null : key };
}
