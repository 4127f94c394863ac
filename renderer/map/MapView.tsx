/**
 * One head's attention map, from the whole context to single cells with numbers.
 *
 * Knows no store and no engine: numbers come through `source`, everything else through props. The canvas is drawn in
 * the layout effect of each render; tiles arrive whenever they do, and until then a coarser or the previous picture
 * stands in, so moving never waits for data.
 */
import { useId, useMemo, useRef, type ReactNode } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { Badge } from '../../shared/model/badge.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { SinkRule } from '../../shared/view/map/sink-keys.ts';
import type { Drawing } from '../state/view-state.ts';
import type { TokenSpan } from './go-to.ts';
import { GoToField } from './GoToField.tsx';
import type { MapSource } from './map-source.ts';
import { MapActions } from './MapActions.tsx';
import { MapHeader } from './MapHeader.tsx';
import { MapReadout } from './MapReadout.tsx';
import { MapStage } from './MapStage.tsx';
import { MapToolbar, type MapOptions } from './MapToolbar.tsx';
import type { Picture } from './picture.ts';
import type { AxisFold } from '../../shared/view/map/place-labels.ts';
import { texelAt } from './place-tiles.ts';
import { isInMap, type MapRegion } from './region.ts';
import { RegionPanel } from './RegionPanel.tsx';
import { sinkKeysOf } from '../../shared/view/map/sink-keys.ts';
import { leavesOutSinks, leftOut, leftOutText } from '../../shared/view/map/sink-mode.ts';
import { useCellReading } from './use-cell-reading.ts';
import { useElementSize } from './use-element-size.ts';
import { useMapLayout } from './use-map-layout.ts';
import { useMapPointing, type PointingProps } from './use-map-pointing.ts';
import { useMapTiles } from './use-map-tiles.ts';
import { usePixelRatio } from './use-pixel-ratio.ts';
import { useSinkColumns } from './use-sink-columns.ts';
import type { PlaceKeeper } from './use-viewport.ts';
import { useThemeColours } from './use-theme-colours.ts';
import { zoomToRegion, type SizePx } from './viewport.ts';
import { VALUE_UNITS } from '../../shared/view/map/value-words.ts';
import { cellText, columnText, rowText } from './words.ts';
import './map.css';

export interface MapViewProps extends PointingProps {
  /** Identity of the data; a change loads anew and keeps the old picture, dimmed, until then. */
  readonly runId: string;
  readonly head: HeadId;
  readonly tokens: readonly TokenView[];
  readonly source: MapSource;
  readonly profile: HeadProfile | undefined;
  readonly options: MapOptions;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  /** Finer tiles than of this level are not to be had. */
  readonly finestLevel?: number;
  readonly keeper?: PlaceKeeper;
  readonly ablated: boolean;
  readonly badge: Badge;
  /** The map is that of the run with interventions, which the heading says. */
  readonly ofAblatedRun?: boolean;
  readonly onAblate: () => void;
  readonly drawing?: Drawing;
  /** Which keys count as sinks; by default key 0. */
  readonly sinkRule?: SinkRule;
  readonly chosenSinks?: readonly number[];
  readonly onSinks?: (rule: SinkRule, keys: readonly number[]) => void;
  /** The drawn rectangle, inside the map. */
  readonly region?: MapRegion | undefined;
  readonly onRegion?: (region: MapRegion | undefined) => void;
  readonly brushing?: boolean;
  /** Spans that the axes show as one bracket. */
  readonly folds?: readonly AxisFold[];
  /** What is folded, and how to undo it. */
  readonly foldChips?: ReactNode;
  readonly onFold?: (span: TokenSpan) => void;
  /** Begins a comparison with this head. */
  readonly onCompare?: () => void;
  readonly onBrushing?: (on: boolean) => void;
}

const NO_KEYS: readonly number[] = [];
const CACHE_BYTES = 96 * 2 ** 20;
/** Before the first layout; replaced in the same frame. */
const UNMEASURED: SizePx = { width: 640, height: 480 };

/** The map panel: heading and controls, the map with its axes, and the line that says what is under the pointer. */
export function MapView(props: MapViewProps) {
  const { runId, head, tokens, source, profile, pinnedToken, options } = props;
  const { value, reducer, scale, gamma, sinkMode } = options;
  const room = useRef<HTMLDivElement>(null);
  const measured = useElementSize(room);
  const theme = useThemeColours();
  const pixelRatio = usePixelRatio();
  const readoutId = useId();
  const { sinkRule = 'first', chosenSinks = NO_KEYS } = props;
  const sinkKeys = useMemo(
    () => sinkKeysOf(sinkRule, chosenSinks, profile, tokens.length),
    [sinkRule, chosenSinks, profile, tokens.length],
  );
  const strips = sinkMode === 'show' ? NO_KEYS : sinkKeys;
  const sinks = useSinkColumns(source, runId, head, strips, profile);
  const placed = useMapLayout(measured ?? UNMEASURED, tokens, pixelRatio, theme.fontUi, strips, props.folds, props);
  const { control, layout, level } = placed;

  const out = useMemo(() => leftOut(sinkMode, sinkKeys), [sinkMode, sinkKeys]);
  const { skipKeys, renormalise, withoutKeys } = out;
  const picture = useMemo<Picture>(
    () => ({ runId, layer: head.layer, head: head.head, value, reducer, skipKeys, renormalise, tokens: tokens.length }),
    [runId, head.layer, head.head, value, reducer, skipKeys, renormalise, tokens.length],
  );
  const tiles = useMapTiles({
    source,
    picture,
    viewport: control.viewport,
    plot: layout.plot,
    level,
    colours: { scale, gamma, excludeSinks: leavesOutSinks(sinkMode), theme: theme.theme },
    withoutKeys,
    budgetBytes: CACHE_BYTES,
  });

  const region = props.region && isInMap(props.region, tokens.length) ? props.region : undefined;
  const onBrush = (next: MapRegion | undefined) => props.onRegion?.(next);
  const pointing = useMapPointing({
    ...props,
    placed,
    onBrush,
    onEscape: () => {
      if (region) onBrush(undefined);
      return region !== undefined;
    },
  });
  const { cursor, target, cell } = pointing;
  const texel = cell && cell.key <= cell.query ? texelAt(tiles.cache, tiles.key, level, cell) : undefined;
  const reading = useCellReading(source, runId, head, cell && cell.key <= cell.query ? cell : undefined, out);

  const readout = ((): string => {
    if (cell)
      return cellText({
        cell,
        tokens,
        out,
        reading,
        texel,
        value,
        reducer,
        level,
        isApproximate: props.badge === '8-bit',
      });
    if (target?.query !== undefined) return rowText(target.query, tokens, profile, sinks);
    if (target?.key !== undefined) return columnText(target.key, tokens, profile);
    return pinnedToken === undefined || pinnedToken >= tokens.length
      ? ''
      : rowText(pinnedToken, tokens, profile, sinks);
  })();

  return (
    <section className="hs-map" aria-label={`Map of ${formatHead(head)}`} aria-busy={!tiles.ready && !tiles.failure}>
      <MapHeader
        head={head}
        level={level}
        options={options}
        leftOut={leftOutText(out)}
        badge={props.badge}
        ofAblatedRun={props.ofAblatedRun ?? false}
        ablated={props.ablated}
        notes={props.foldChips}
        search={<GoToField tokens={tokens} onGoTo={pointing.goTo} />}
      >
        <MapToolbar
          level={level}
          options={options}
          sinks={props.onSinks && { rule: sinkRule, keys: sinkKeys, onChoose: props.onSinks }}
          fitted={control.fitted}
          onOptions={props.onOptions}
          onFit={cursor.fit}
          onZoom={cursor.zoomAt}
        >
          <MapActions
            head={head}
            brushing={props.brushing ?? false}
            onBrushing={props.onBrushing}
            onCompare={props.onCompare}
            ablated={props.ablated}
            onAblate={props.onAblate}
          />
        </MapToolbar>
      </MapHeader>
      <div className="hs-map__body">
        <div ref={room} className="hs-map__room">
          <MapStage
            name={`Attention of ${formatHead(head)}, ${tokens.length} by ${tokens.length} tokens. Arrow keys move a cell cursor, plus and minus zoom, 0 shows all, Enter pins the query.`}
            describedBy={readoutId}
            placed={placed}
            tiles={tiles}
            tokens={tokens}
            profile={profile}
            sinks={sinks}
            folds={props.folds}
            value={value}
            unit={VALUE_UNITS[value]}
            theme={theme}
            pixelRatio={pixelRatio}
            drawing={props.drawing ?? 'auto'}
            mark={texel}
            measured={measured !== undefined}
            region={region}
            brushing={props.brushing ?? false}
            onBrush={onBrush}
            {...pointing.stage}
          />
        </div>
        {region && (
          <RegionPanel
            source={source}
            runId={runId}
            head={head}
            tokens={tokens}
            region={region}
            onShow={cursor.show}
            onFold={props.onFold}
            onZoom={() => {
              control.glide((from) => zoomToRegion(from, region, placed.map));
            }}
            onClear={() => onBrush(undefined)}
          />
        )}
      </div>
      <MapReadout
        id={readoutId}
        text={readout}
        hint="Point at a cell to read it, click to pin its query."
        isPointing={pointing.isPointing}
      />
    </section>
  );
}
