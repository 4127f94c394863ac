import { useState, type ReactNode } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { TileValue } from '../../shared/tensor/tile.ts';
import type { Drawing } from '../state/view-state.ts';
import { MapAxes } from './MapAxes.tsx';
import { MapCanvas } from './MapCanvas.tsx';
import { MapFailure } from './MapFailure.tsx';
import { MapLegend } from './MapLegend.tsx';
import { MapOverlay } from './MapOverlay.tsx';
import type { AxisFold } from '../../shared/view/map/place-labels.ts';
import type { MapRegion } from './region.ts';
import { useMapGestures } from './use-map-gestures.ts';
import type { PlacedMap } from './use-map-layout.ts';
import type { StagePointing } from './use-map-pointing.ts';
import type { MapTiles } from './use-map-tiles.ts';
import type { SinkColumn } from './use-sink-columns.ts';
import type { ThemeColours } from './use-theme-colours.ts';

export interface MapStageProps extends StagePointing {
  /** Said by screen readers. */
  readonly name: string;
  readonly describedBy: string;
  readonly placed: PlacedMap;
  readonly tiles: MapTiles;
  readonly tokens: readonly TokenView[];
  readonly profile: HeadProfile | undefined;
  /** The strips beside the map. */
  readonly sinks?: readonly SinkColumn[];
  /** Spans that the axes show as one bracket; inside the prompt. */
  readonly folds?: readonly AxisFold[] | undefined;
  readonly value: TileValue;
  /** Of the legend. */
  readonly unit: string;
  readonly theme: ThemeColours;
  readonly pixelRatio: number;
  readonly drawing: Drawing;
  /** Value under the pointer, for the legend. */
  readonly mark: number | undefined;
  /** The panel has its size. */
  readonly measured: boolean;
  /** The drawn rectangle. */
  readonly region?: MapRegion | undefined;
  readonly brushing?: boolean;
  /** Where no rectangle can be drawn, dragging with Shift moves the map as well. */
  readonly onBrush?: (region: MapRegion) => void;
  /** Why there is no map, and what to do, is said for several at once. */
  readonly isFailureSaid?: boolean;
  readonly children?: ReactNode;
}

const NO_FOLDS: readonly AxisFold[] = [];
const NO_SINKS: readonly SinkColumn[] = [];

/** A map with its axes, strips and legend, and what a pointer does on it. */
export function MapStage(props: MapStageProps) {
  const { placed, tiles, tokens, theme, pixelRatio, pinned, value, sinks = NO_SINKS } = props;
  const { layout, map, control, level, measure } = placed;
  const { viewport } = control;
  const [stage, setStage] = useState<HTMLDivElement | null>(null);
  const gestures = useMapGestures({
    stage,
    layout,
    map,
    control,
    onHover: props.onHover,
    onPick: props.onPick,
    onUnpick: props.onUnpick,
    brushing: props.brushing ?? false,
    ...(props.onBrush ? { onBrush: props.onBrush } : {}),
  });
  return (
    <>
      <div
        ref={setStage}
        className={gestures.panning ? 'hs-map__stage hs-map__stage--panning' : 'hs-map__stage'}
        tabIndex={0}
        role="application"
        aria-roledescription="attention map"
        aria-label={props.name}
        aria-describedby={props.describedBy}
        onKeyDown={props.onKeyDown}
        {...gestures.handlers}
      >
        {props.measured && (
          <>
            <MapCanvas
              layout={layout}
              viewport={viewport}
              cache={tiles.cache}
              cacheVersion={tiles.version}
              picture={tiles.key}
              tokens={tokens.length}
              failed={tiles.failure !== undefined}
              level={level}
              value={value}
              colours={tiles.colours}
              profile={props.profile}
              sinks={sinks}
              theme={theme}
              pixelRatio={pixelRatio}
              drawing={props.drawing}
            />
            <MapOverlay
              layout={layout}
              map={tiles.colours.map}
              viewport={viewport}
              theme={theme}
              pixelRatio={pixelRatio}
              hover={props.hover}
              pinned={pinned}
              cursor={props.cursor}
              region={props.region}
            />
            <MapAxes
              layout={layout}
              viewport={viewport}
              tokens={tokens}
              profile={props.profile}
              sinkKeys={sinks.map(({ key }) => key)}
              folds={props.folds ?? NO_FOLDS}
              pinned={pinned}
              measure={measure}
            />
            {layout.legend && (
              <MapLegend
                rect={layout.legend}
                panel={layout.panel}
                colours={tiles.colours}
                openLow={tiles.open.low}
                openHigh={tiles.open.high}
                unit={props.unit}
                mask={theme.mask}
                mark={props.mark}
              />
            )}
          </>
        )}
        {props.children}
      </div>
      {/* Beside the stage and above it: neither its pointer, its wheel nor its keys act through a message. */}
      {tiles.failure && !props.isFailureSaid && (
        <MapFailure failure={tiles.failure} layout={layout} onRetry={() => tiles.cache.retry()} />
      )}
    </>
  );
}
