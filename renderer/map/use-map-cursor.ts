/** The cell cursor and the keys of a map. */
import { useState, type KeyboardEvent } from 'react';
import { regionOf, type MapRegion } from './region.ts';
import type { PlacedMap } from './use-map-layout.ts';
import {
  fitViewport,
  panBy,
  reveal,
  revealCell,
  toViewPx,
  zoomAbout,
  zoomFocus,
  type CellAddress,
} from './viewport.ts';

export interface MapCursorOptions {
  readonly placed: PlacedMap;
  readonly pinned: number | undefined;
  readonly onPin: (index: number, cell: CellAddress) => void;
  /** The cursor moved by a key: what is under the pointer no longer counts. */
  readonly onMoved: () => void;
  /** Cells between which the keys draw a rectangle. */
  readonly onBrush?: (region: MapRegion) => void;
  /** Esc, before it puts the cursor away; answers whether it had something to do. */
  readonly onEscape?: () => boolean;
}

export interface MapCursor {
  /** Always inside the map and below the diagonal. */
  readonly cell: CellAddress | undefined;
  readonly clear: () => void;
  /** Puts the cursor on a cell and brings it into view. */
  readonly show: (cell: CellAddress) => void;
  readonly zoomAt: (factor: number) => void;
  readonly fit: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

const ARROWS: Readonly<Record<string, readonly [keys: number, queries: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function useMapCursor({ placed, pinned, onPin, onMoved, onBrush, onEscape }: MapCursorOptions): MapCursor {
  const { layout, map, control, level } = placed;
  const { viewport } = control;
  const { tokens } = map;
  const [cursor, setCursor] = useState<CellAddress>();
  /** Where a rectangle was begun by key. */
  const [anchor, setAnchor] = useState<CellAddress>();
  // The prompt may have become shorter.
  const cell = cursor && cursor.query < tokens && cursor.key < tokens ? cursor : undefined;

  const zoomAt = (factor: number) => {
    control.glide((from) => {
      if (!cell) return zoomAbout(from, factor, zoomFocus(from, pinned, map), map);
      const about = toViewPx(from, { query: cell.query + 0.5, key: cell.key + 0.5 });
      return reveal(zoomAbout(from, factor, about, map), cell, 1, map);
    });
  };
  const fit = () => {
    control.glide(() => fitViewport(map));
  };
  const startOfCursor = (): CellAddress => {
    const rows = layout.plot.height / viewport.cellPx;
    const query = pinned ?? Math.min(tokens - 1, Math.floor(viewport.query + rows - 0.5));
    return { query, key: Math.min(query, Math.max(0, Math.ceil(viewport.key))) };
  };
  /** Cells of the future are no place for a cursor: it stops at the diagonal. */
  const move = (keys: number, queries: number) => {
    const from = cell ?? startOfCursor();
    const query = Math.max(0, Math.min(tokens - 1, from.query + (cell ? queries : 0)));
    const next = { query, key: Math.max(0, Math.min(query, from.key + (cell ? keys : 0))) };
    onMoved();
    setCursor(next);
    control.move((view) => reveal(view, next, 1, map));
    if (anchor) onBrush?.(regionOf(anchor, next));
  };
  const act = ({ key, shiftKey, altKey }: KeyboardEvent): boolean => {
    const arrow = ARROWS[key];
    if (arrow && shiftKey) {
      const by = { x: (-arrow[0] * layout.plot.width) / 4, y: (-arrow[1] * layout.plot.height) / 4 };
      control.glide((from) => panBy(from, by, map));
      return true;
    }
    if (arrow) {
      move(arrow[0] * 2 ** level, arrow[1] * 2 ** level);
      return true;
    }
    switch (key) {
      case '+':
      case '=':
        zoomAt(2);
        return true;
      case '-':
      case '_':
        zoomAt(0.5);
        return true;
      case '0':
        fit();
        return true;
      case 'Home':
        move(-tokens, 0);
        return true;
      case 'End':
        move(tokens, 0);
        return true;
      case 'b':
        // Without a cursor the key is the app's, which then brushes by pointer.
        if (!cell || !onBrush) return false;
        setAnchor(anchor ? undefined : cell);
        if (!anchor) onBrush(regionOf(cell, cell));
        return true;
      case 'Enter':
        if (!cell) return false;
        onPin(altKey ? cell.key : cell.query, cell);
        return true;
      case 'Escape':
        // The first Esc puts away what is here; the next one is for whoever unpins.
        setAnchor(undefined);
        if (onEscape?.()) return true;
        if (!cell) return false;
        setCursor(undefined);
        return true;
      default:
        return false;
    }
  };

  return {
    cell,
    clear: () => setCursor(undefined),
    show: (next) => {
      onMoved();
      setCursor(next);
      control.glide((view) => revealCell(view, next, map));
    },
    zoomAt,
    fit,
    onKeyDown: (event) => {
      if (event.ctrlKey || event.metaKey || !act(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
