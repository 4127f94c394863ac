import { useEffect, useEffectEvent, useRef, useState, type PointerEvent } from 'react';
import { isCell, targetAt, type MapLayout, type Target } from './layout.ts';
import { regionBetween, type MapRegion } from './region.ts';
import type { ViewportControl } from './use-viewport.ts';
import { panBy, zoomAbout, type MapRoom, type PointPx } from './viewport.ts';

/** Pixels that a hand may shake within a click. */
const CLICK_SLOP_PX = 4;
/** Two clicks within this time, in one place, are a double click. Pointer events do not count clicks themselves. */
const DOUBLE_CLICK_MS = 400;

export interface GestureOptions {
  readonly stage: HTMLElement | null;
  readonly layout: MapLayout;
  readonly map: MapRoom;
  readonly control: ViewportControl;
  readonly onHover: (target: Target | undefined) => void;
  /** A click; `byKey` where the click means the key rather than the query. */
  readonly onPick: (target: Target, byKey: boolean) => void;
  /** Dragging draws a rectangle, as it does with Shift. */
  readonly brushing: boolean;
  /** A rectangle is being drawn, or was. */
  readonly onBrush?: (region: MapRegion) => void;
  /** A double click takes back what its clicks picked. */
  readonly onUnpick: () => void;
}

interface Drag {
  readonly kind: 'pan' | 'brush';
  readonly start: PointPx;
  last: PointPx;
  moved: boolean;
}

export interface Gestures {
  readonly panning: boolean;
  readonly handlers: {
    onPointerDown(event: PointerEvent<HTMLElement>): void;
    onPointerMove(event: PointerEvent<HTMLElement>): void;
    onPointerUp(event: PointerEvent<HTMLElement>): void;
    onPointerCancel(): void;
    onPointerLeave(): void;
  };
}

/** Pointer and wheel: wheel zooms about the pointer, drag pans, shift-drag draws a rectangle, click picks, double click zooms in. */
export function useMapGestures(options: GestureOptions): Gestures {
  const { stage, layout, map, control } = options;
  const drag = useRef<Drag>(undefined);
  const lastClick = useRef<{ readonly timeMs: number; readonly point: PointPx }>(undefined);
  const [panning, setPanning] = useState(false);

  const pointOf = (event: { clientX: number; clientY: number }): PointPx => {
    const rect = stage?.getBoundingClientRect();
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) };
  };
  const inPlot = ({ x, y }: PointPx): PointPx => ({ x: x - layout.plot.x, y: y - layout.plot.y });
  const hover = (point: PointPx) => {
    options.onHover(targetAt(layout, control.viewport, map.tokens, point));
  };

  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    // Lines and pages in pixels; some systems turn a shifted wheel sideways by themselves.
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const point = inPlot(pointOf(event));
    if (event.shiftKey && !event.ctrlKey) {
      const along = (event.deltaX || event.deltaY) * unit;
      control.move((from) => panBy(from, { x: -along, y: 0 }, map));
      return;
    }
    // A pinch arrives as small deltas with ctrl; a notch of a wheel as about 100.
    const speed = event.ctrlKey ? 0.01 : 0.002;
    const factor = 2 ** (-Math.max(-300, Math.min(300, event.deltaY * unit)) * speed);
    control.move((from) => zoomAbout(from, factor, point, map));
  });

  useEffect(() => {
    if (!stage) return undefined;
    // React listens passively to wheels, which could not keep the page from scrolling.
    const listener = (event: WheelEvent) => onWheel(event);
    stage.addEventListener('wheel', listener, { passive: false });
    return () => {
      stage.removeEventListener('wheel', listener);
    };
  }, [stage]);

  const end = () => {
    drag.current = undefined;
    setPanning(false);
  };

  return {
    panning,
    handlers: {
      onPointerDown(event) {
        if (event.button !== 0) return;
        const point = pointOf(event);
        const target = targetAt(layout, control.viewport, map.tokens, point);
        if (!target) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = {
          kind: options.onBrush && (event.shiftKey || options.brushing) && isCell(target) ? 'brush' : 'pan',
          start: point,
          last: point,
          moved: false,
        };
      },
      onPointerMove(event) {
        const point = pointOf(event);
        const current = drag.current;
        if (!current) {
          hover(point);
          return;
        }
        const { start, last } = current;
        if (!current.moved && Math.hypot(point.x - start.x, point.y - start.y) < CLICK_SLOP_PX) return;
        current.moved = true;
        current.last = point;
        if (current.kind === 'brush') {
          options.onBrush?.(regionBetween(control.viewport, inPlot(start), inPlot(point), map.tokens));
          hover(point);
        } else {
          setPanning(true);
          control.move((from) => panBy(from, { x: point.x - last.x, y: point.y - last.y }, map));
        }
      },
      onPointerUp(event) {
        const current = drag.current;
        const point = pointOf(event);
        end();
        if (!current) return;
        if (current.moved) {
          hover(point);
          return;
        }
        const target = targetAt(layout, control.viewport, map.tokens, point);
        if (!target) return;
        const before = lastClick.current;
        const again =
          before !== undefined &&
          event.timeStamp - before.timeMs < DOUBLE_CLICK_MS &&
          Math.hypot(point.x - before.point.x, point.y - before.point.y) < CLICK_SLOP_PX;
        lastClick.current = again ? undefined : { timeMs: event.timeStamp, point };
        if (again && isCell(target)) {
          options.onUnpick();
          control.glide((from) => zoomAbout(from, 2, inPlot(point), map));
          return;
        }
        options.onPick(target, event.altKey || target.query === undefined);
      },
      onPointerCancel: end,
      onPointerLeave() {
        if (!drag.current) options.onHover(undefined);
      },
    },
  };
}
