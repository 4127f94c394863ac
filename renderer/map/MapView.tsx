/**
 * One head's attention map, from the whole context to single cells with numbers.
 *
 * Knows no store and no engine: numbers come through `source`, everything else through props. The canvas is drawn in
 * the layout effect of each render; tiles arrive whenever they do, and until then a coarser or the previous picture
 * stands in, so moving never waits for data.
 */
import { useEffect, useId, useMemo, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { Badge } from '../../shared/model/badge.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { levelForScale, topLevel } from '../../shared/tensor/tile.ts';
import { axisText } from './axis-labels.ts';
import { isCell, mapFrame, placeMap, sameTarget, type Target } from './layout.ts';
import { mapColours, openEnds, type ColourQuestion } from './map-colours.ts';
import type { MapSource } from './map-source.ts';
import { MapAxes } from './MapAxes.tsx';
import { MapCanvas, MapOverlay } from './MapCanvas.tsx';
import { MapHeader, type MapOptions } from './MapHeader.tsx';
import { MapLegend } from './MapLegend.tsx';
import { textMeasurer } from './measure-text.ts';
import { overviewOf, texelAt, wantedTiles } from './paint-tiles.ts';
import { pictureKey, SINK_KEYS, type Picture } from './picture.ts';
import { TileCache } from './tile-cache.ts';
import { useCellReading } from './use-cell-reading.ts';
import { useElementSize } from './use-element-size.ts';
import { useMapGestures } from './use-map-gestures.ts';
import { usePixelRatio } from './use-pixel-ratio.ts';
import { useThemeColours } from './use-theme-colours.ts';
import { useViewport } from './use-viewport.ts';
import {
  fitViewport,
  panBy,
  plotSize,
  reveal,
  toViewPx,
  zoomAbout,
  zoomFocus,
  type CellAddress,
  type SizePx,
} from './viewport.ts';
import { cellText, columnText, rowText, VALUE_UNITS } from './words.ts';
import './map.css';

export interface MapViewProps extends MapOptions {
  /** Identity of the data; a change loads anew and keeps the old picture, dimmed, until then. */
  readonly runId: string;
  readonly head: HeadId;
  readonly tokens: readonly TokenView[];
  readonly source: MapSource;
  readonly profile: HeadProfile | undefined;
  readonly pinnedToken: number | undefined;
  readonly onPinToken: (index: number | undefined) => void;
  readonly hoverToken: number | undefined;
  readonly onHoverToken: (index: number | undefined) => void;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  readonly ablated: boolean;
  readonly badge: Badge;
  /** The map is that of the run with interventions, which the heading says. */
  readonly ofAblatedRun?: boolean;
  readonly onAblate: () => void;
}

const CACHE_BYTES = 96 * 2 ** 20;
/** Before the first layout; replaced in the same frame. */
const UNMEASURED: SizePx = { width: 640, height: 480 };

/** The map panel: heading and controls, the map with its axes, and the line that says what is under the pointer. */
export function MapView(props: MapViewProps) {
  const { runId, head, tokens, source, profile, pinnedToken, value, reducer, scale, excludeSinks } = props;
  const stage = useRef<HTMLDivElement>(null);
  const measured = useElementSize(stage);
  const theme = useThemeColours();
  const pixelRatio = usePixelRatio();
  const readoutId = useId();
  const [cache] = useState(
    () =>
      new TileCache({ budgetBytes: CACHE_BYTES, concurrency: 4, schedule: (run) => void requestAnimationFrame(run) }),
  );
  const cacheVersion = useSyncExternalStore(cache.subscribe, cache.version);

  // Layout: the frame depends on panel and labels, the plot on the zoom within it.
  const measure = useMemo(() => textMeasurer(`11px ${theme.fontUi}`), [theme.fontUi]);
  const widestLabel = useMemo(
    () => tokens.reduce((widest, token) => Math.max(widest, measure(axisText(token))), 0),
    [tokens, measure],
  );
  const frame = useMemo(
    () =>
      mapFrame(measured ?? UNMEASURED, {
        row: widestLabel,
        index: measure(String(tokens.length - 1)),
        column: widestLabel,
      }),
    [measured, widestLabel, measure, tokens.length],
  );
  const map = useMemo(
    () => ({ tokens: tokens.length, room: frame.room, pixelRatio }),
    [tokens.length, frame.room, pixelRatio],
  );
  const control = useViewport(map);
  const { viewport } = control;
  const plot = plotSize(viewport.cellPx, map);
  const layout = useMemo(
    () => placeMap(frame, { width: plot.width, height: plot.height }),
    [frame, plot.width, plot.height],
  );

  // Data: which picture, at which level, in which colours.
  const level = levelForScale(viewport.cellPx * pixelRatio, tokens.length);
  const skipKeys = excludeSinks ? SINK_KEYS : 0;
  const picture = useMemo<Picture>(
    () => ({ runId, layer: head.layer, head: head.head, value, reducer, skipKeys, tokens: tokens.length }),
    [runId, head.layer, head.head, value, reducer, skipKeys, tokens.length],
  );
  const key = pictureKey(picture);
  useEffect(() => {
    cache.want(source, picture, wantedTiles(viewport, layout.plot, picture.tokens, level));
    // The version: after a retry, or when room was made, something may have to be asked for again.
  }, [cache, cacheVersion, source, picture, viewport, layout.plot, level]);
  useEffect(
    () => () => {
      cache.clear();
    },
    [cache],
  );

  const question: ColourQuestion = {
    value,
    reducer,
    scale,
    excludeSinks,
    theme: theme.theme,
    shown: cache.extent(key, level),
    overview: cache.extent(key, topLevel(tokens.length)),
  };
  const colours = mapColours(question);
  const colourKey = colours.key;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- equal keys are equal colours, and a new object repaints all
  const stableColours = useMemo(() => colours, [colourKey]);
  const open = openEnds(question, colours.scale);
  const failure = cache.failureOf(key);
  const ready = cache.get(key, overviewOf(tokens.length)) !== undefined;

  // Pointer and cursor.
  const [hover, setHover] = useState<Target>();
  const [cursor, setCursor] = useState<CellAddress>();
  const pinBeforeClick = useRef<number>(undefined);
  const onHover = (target: Target | undefined) => {
    if (sameTarget(hover, target)) return;
    setHover(target);
    const token = target?.query ?? target?.key;
    if (token !== props.hoverToken) props.onHoverToken(token);
  };
  const pin = (index: number) => {
    pinBeforeClick.current = pinnedToken;
    props.onPinToken(index === pinnedToken ? undefined : index);
  };
  const gestures = useMapGestures({
    stage,
    layout,
    map,
    control,
    onHover,
    onPick: (target, byKey) => {
      setCursor(undefined);
      const index = byKey ? target.key : target.query;
      if (index !== undefined) pin(index);
    },
    onUnpick: () => {
      props.onPinToken(pinBeforeClick.current);
    },
  });

  const inMap = (target: Target | undefined): Target | undefined =>
    (target?.query ?? 0) < tokens.length && (target?.key ?? 0) < tokens.length ? target : undefined;
  const shownHover = inMap(hover);
  const shownCursor = cursor && inMap(cursor) ? cursor : undefined;
  const linked =
    shownHover ??
    (props.hoverToken !== undefined && props.hoverToken < tokens.length
      ? { query: props.hoverToken, key: props.hoverToken }
      : undefined);
  const target: Target | undefined = shownHover ?? shownCursor;
  const cell = isCell(target) ? target : undefined;
  const texel = cell && cell.key <= cell.query ? texelAt(cache, key, level, cell) : undefined;
  const reading = useCellReading(source, runId, head, cell && cell.key <= cell.query ? cell : undefined);

  const readout = ((): string => {
    if (cell) return cellText({ cell, tokens, reading, texel, value, reducer, level });
    if (target?.query !== undefined) return rowText(target.query, tokens, profile);
    if (target?.key !== undefined) return columnText(target.key, tokens, profile);
    return pinnedToken === undefined || pinnedToken >= tokens.length ? '' : rowText(pinnedToken, tokens, profile);
  })();

  const zoomAt = (factor: number) => {
    control.glide((from) => {
      if (!shownCursor) return zoomAbout(from, factor, zoomFocus(from, pinnedToken, map), map);
      const about = toViewPx(from, { query: shownCursor.query + 0.5, key: shownCursor.key + 0.5 });
      return reveal(zoomAbout(from, factor, about, map), shownCursor, 1, map);
    });
  };
  const fit = () => {
    control.glide(() => fitViewport(map));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    const handled = keyAction(event);
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const keyAction = (event: KeyboardEvent): boolean => {
    const arrows: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) {
      const by = { x: (-arrow[0] * layout.plot.width) / 4, y: (-arrow[1] * layout.plot.height) / 4 };
      control.glide((from) => panBy(from, by, map));
      return true;
    }
    if (arrow) {
      moveCursor(arrow[0] * 2 ** level, arrow[1] * 2 ** level);
      return true;
    }
    switch (event.key) {
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
        moveCursor(-tokens.length, 0);
        return true;
      case 'End':
        moveCursor(tokens.length, 0);
        return true;
      case 'Enter':
        if (!shownCursor) return false;
        pin(event.altKey ? shownCursor.key : shownCursor.query);
        return true;
      case 'Escape':
        // The first Esc puts the cursor away; the next one is for whoever unpins.
        if (!shownCursor) return false;
        setCursor(undefined);
        return true;
      default:
        return false;
    }
  };
  /** Cells of the future are no place for a cursor: it stops at the diagonal. */
  const moveCursor = (keys: number, queries: number) => {
    const last = tokens.length - 1;
    const from = shownCursor ?? startOfCursor();
    const query = Math.max(0, Math.min(last, from.query + (shownCursor ? queries : 0)));
    const next = { query, key: Math.max(0, Math.min(query, from.key + (shownCursor ? keys : 0))) };
    setHover(undefined);
    setCursor(next);
    control.move((view) => reveal(view, next, 1, map));
  };
  const startOfCursor = (): CellAddress => {
    const rows = layout.plot.height / viewport.cellPx;
    const query = pinnedToken ?? Math.min(tokens.length - 1, Math.floor(viewport.query + rows - 0.5));
    return { query, key: Math.min(query, Math.max(0, Math.ceil(viewport.key))) };
  };

  return (
    <section className="hs-map" aria-label={`Map of ${formatHead(head)}`} aria-busy={!ready && !failure}>
      <MapHeader
        head={head}
        level={level}
        value={value}
        reducer={reducer}
        scale={scale}
        excludeSinks={excludeSinks}
        badge={props.badge}
        ofAblatedRun={props.ofAblatedRun ?? false}
        ablated={props.ablated}
        fitted={control.fitted}
        onOptions={props.onOptions}
        onAblate={props.onAblate}
        onFit={fit}
        onZoom={zoomAt}
      />
      <div
        ref={stage}
        className={gestures.panning ? 'hs-map__stage hs-map__stage--panning' : 'hs-map__stage'}
        tabIndex={0}
        role="application"
        aria-roledescription="attention map"
        aria-label={`Attention of ${formatHead(head)}, ${tokens.length} by ${tokens.length} tokens. Arrow keys move a cell cursor, plus and minus zoom, 0 shows all, Enter pins the query.`}
        aria-describedby={readoutId}
        onKeyDown={onKeyDown}
        {...gestures.handlers}
      >
        {measured && (
          <>
            <MapCanvas
              layout={layout}
              viewport={viewport}
              cache={cache}
              cacheVersion={cacheVersion}
              picture={key}
              tokens={tokens.length}
              level={level}
              value={value}
              colours={stableColours}
              profile={profile}
              theme={theme}
              pixelRatio={pixelRatio}
            />
            <MapOverlay
              layout={layout}
              map={colours.map}
              viewport={viewport}
              theme={theme}
              pixelRatio={pixelRatio}
              hover={linked}
              pinned={pinnedToken}
              cursor={shownCursor}
              box={gestures.box}
            />
            <MapAxes
              layout={layout}
              viewport={viewport}
              tokens={tokens}
              profile={profile}
              pinned={pinnedToken}
              measure={measure}
            />
            {layout.legend && (
              <MapLegend
                rect={layout.legend}
                panel={layout.panel}
                colours={stableColours}
                openLow={open.low}
                openHigh={open.high}
                unit={VALUE_UNITS[value]}
                mask={theme.mask}
                mark={texel}
              />
            )}
          </>
        )}
        {failure && (
          <div className="hs-map__failure" role="alert" style={{ left: layout.plot.x + 12, top: layout.plot.y + 12 }}>
            <p>The map could not be computed: {failure.message}</p>
            <button
              type="button"
              onClick={() => {
                cache.retry();
              }}
            >
              Try again
            </button>
          </div>
        )}
      </div>
      <p className="hs-map__readout" id={readoutId} title={readout} aria-live={shownHover ? 'off' : 'polite'}>
        {readout === '' ? (
          <span className="hs-map__hint">Point at a cell to read it, click to pin its query.</span>
        ) : (
          readout
        )}
      </p>
    </section>
  );
}
