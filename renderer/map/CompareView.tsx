/**
 * Maps of several heads side by side. They share one viewport, one pointer and one cursor; each has its own numbers and,
 * since heads differ, its own colour scale.
 */
import { useId, useMemo, useRef, type ReactNode } from 'react';
import type { Badge } from '../../shared/model/badge.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { Drawing } from '../state/view-state.ts';
import { compareColumns } from './compare-grid.ts';
import { CompareCell, type CommonStage, type ComparedMap } from './CompareCell.tsx';
import { GoToField } from './GoToField.tsx';
import { MapReadout } from './MapReadout.tsx';
import { MapTitle } from './MapTitle.tsx';
import { MapToolbar, type MapOptions } from './MapToolbar.tsx';
import { leftOut, leftOutText } from '../../shared/view/map/sink-mode.ts';
import type { AxisFold } from '../../shared/view/map/place-labels.ts';
import { useElementSize } from './use-element-size.ts';
import { useMapLayout } from './use-map-layout.ts';
import { useMapPointing, type PointingProps } from './use-map-pointing.ts';
import { usePixelRatio } from './use-pixel-ratio.ts';
import type { PlaceKeeper } from './use-viewport.ts';
import { useThemeColours } from './use-theme-colours.ts';
import type { SizePx } from './viewport.ts';
import { tokenText } from '../../shared/view/map/value-words.ts';
import { cellText } from './words.ts';
import './map.css';
import './compare.css';

export interface CompareViewProps extends PointingProps {
  /** `Compare` where it is absent. */
  readonly name?: string;
  readonly maps: readonly ComparedMap[];
  readonly tokens: readonly TokenView[];
  readonly folds?: readonly AxisFold[];
  /** See `MapViewProps`, as the next. */
  readonly finestLevel?: number;
  readonly keeper?: PlaceKeeper;
  readonly badge: Badge;
  readonly ofAblatedRun: boolean;
  readonly drawing: Drawing;
  readonly options: MapOptions;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  readonly onSelect: (map: ComparedMap) => void;
  /** Absent where maps cannot be taken away. */
  readonly onRemove?: (map: ComparedMap) => void;
  /** What is compared, and how it is changed. */
  readonly controls: ReactNode;
  /** In the place of a map: what to do next, or why one is missing. */
  readonly hint: string | undefined;
}

/** Maps side by side have no strips: the first key is the sink of all of them. */
const SINKS = [0];
const UNMEASURED: SizePx = { width: 640, height: 480 };
/** Heading and legend of a cell, and the line between cells. */
const CELL_HEAD_PX = 26;
const CELL_LEGEND_PX = 34;
const GAP_PX = 1;

export function CompareView(props: CompareViewProps) {
  const { maps, tokens, options, hint } = props;
  const { value, reducer } = options;
  const out = useMemo(() => leftOut(options.sinkMode, SINKS), [options.sinkMode]);
  const grid = useRef<HTMLDivElement>(null);
  const measured = useElementSize(grid);
  const theme = useThemeColours();
  const pixelRatio = usePixelRatio();
  const readoutId = useId();

  const count = maps.length + (hint === undefined ? 0 : 1);
  const { width, height } = measured ?? UNMEASURED;
  const columns = compareColumns(count, { width, height });
  const rows = Math.ceil(count / columns);
  const panel = useMemo(
    () => ({
      width: Math.floor((width - GAP_PX * (columns - 1)) / columns),
      height: Math.max(80, Math.floor((height - GAP_PX * (rows - 1)) / rows) - CELL_HEAD_PX - CELL_LEGEND_PX),
    }),
    [width, height, columns, rows],
  );
  const placed = useMapLayout(panel, tokens, pixelRatio, theme.fontUi, undefined, props.folds, props);
  const { control, level } = placed;

  const pointing = useMapPointing({ ...props, placed });
  const { cursor, target, cell } = pointing;
  const readout = cell
    ? cellText({ cell, tokens, out, reading: undefined, texel: undefined, value, reducer, level })
    : target?.query !== undefined
      ? `query ${tokenText(target.query, tokens)}`
      : target?.key !== undefined
        ? `key ${tokenText(target.key, tokens)}`
        : '';

  const stage: CommonStage = {
    ...pointing.stage,
    describedBy: readoutId,
    placed,
    tokens,
    folds: props.folds,
    theme,
    pixelRatio,
    drawing: props.drawing,
    measured: measured !== undefined,
  };

  return (
    <section className="hs-map" aria-label="Heads side by side">
      <header className="hs-map__header">
        <MapTitle
          name={props.name ?? 'Compare'}
          level={level}
          options={options}
          badge={props.badge}
          leftOut={leftOutText(out)}
        >
          {props.ofAblatedRun && <span className="hs-map__badge">ablated run</span>}
        </MapTitle>
        <MapToolbar
          level={level}
          options={options}
          fitted={control.fitted}
          onOptions={props.onOptions}
          onFit={cursor.fit}
          onZoom={cursor.zoomAt}
        />
        {props.controls}
        <GoToField tokens={tokens} onGoTo={pointing.goTo} />
      </header>
      <div
        ref={grid}
        className="hs-compare"
        style={{
          gridTemplateColumns: `repeat(${columns}, ${panel.width}px)`,
          gridAutoRows: panel.height + CELL_HEAD_PX + CELL_LEGEND_PX,
          gap: GAP_PX,
        }}
      >
        {maps.map((map) => (
          <CompareCell
            key={map.id}
            map={map}
            options={options}
            out={out}
            target={cell}
            stage={stage}
            onSelect={() => props.onSelect(map)}
            onRemove={props.onRemove && (() => props.onRemove?.(map))}
          />
        ))}
        {hint !== undefined && <p className="hs-compare__hint">{hint}</p>}
      </div>
      <MapReadout
        id={readoutId}
        text={readout}
        hint="Point at a cell to read it on every map; all move together."
        isPointing={pointing.isPointing}
      />
    </section>
  );
}
