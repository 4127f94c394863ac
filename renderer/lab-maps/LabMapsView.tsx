/**
 * Maps of one head side by side, dense and under methods. They share one viewport, one pointer and one pin, and those of
 * one value one colour scale.
 */
import { useCallback, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { LabRecord } from '../../shared/model/lab.ts';
import type { MethodTileValue } from '../../shared/model/method-views.ts';
import { MOST_METHOD_MAPS, nextMap, type MethodMap } from '../../shared/view/lab/method-maps.ts';
import type { Extent } from '../../shared/view/map/map-colours.ts';
import { leavesOutSinks, leftOut, leftOutText } from '../../shared/view/map/sink-mode.ts';
import { aggregateText } from '../../shared/view/map/value-words.ts';
import { Button } from '../components/Button.tsx';
import { partsOf } from '../lab-kept/token-names.ts';
import type { CommonStage } from '../map/CompareCell.tsx';
import { GoToField } from '../map/GoToField.tsx';
import { MapToolbar, type MapOptions } from '../map/MapToolbar.tsx';
import { useElementSize } from '../map/use-element-size.ts';
import { useMapFrame, useMapLayout } from '../map/use-map-layout.ts';
import { usePixelRatio } from '../map/use-pixel-ratio.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import { fitCellPx, MAX_FIT_CELL_PX, type SizePx } from '../map/viewport.ts';
import type { Drawing } from '../state/view-state.ts';
import type { DenseRun } from './dense-run.ts';
import { LabLegends } from './LabLegends.tsx';
import { LabMapCell } from './LabMapCell.tsx';
import { tokensOf } from './lab-tokens.ts';
import { RunAgain, useIsMadeAgain } from './RunAgain.tsx';
import { methodRows, rowsViewport, showsRows } from './method-rows.ts';
import { GAP_PX, mapsGrid } from './maps-grid.ts';
import { KeptTiles } from './method-source.ts';
import { useLabPointing, type LabPointingOptions } from './use-lab-pointing.ts';
import '../map/map.css';
import '../map/compare.css';
import './lab-maps.css';

export interface LabMapsViewProps extends Omit<LabPointingOptions, 'placed'> {
  readonly record: LabRecord;
  /** Undefined where the engine no longer holds one. */
  readonly dense: DenseRun | undefined;
  readonly head: HeadId;
  readonly maps: readonly MethodMap[];
  readonly onMaps: (maps: readonly MethodMap[]) => void;
  readonly options: MapOptions;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  readonly drawing: Drawing;
}

const SINKS = [0];
const UNMEASURED: SizePx = { width: 640, height: 480 };

interface Domains {
  readonly [at: number]: { readonly value: MethodTileValue; readonly domain: Extent };
}

export function LabMapsView(props: LabMapsViewProps) {
  const { record, head, maps, options, onMaps } = props;
  const { about } = record;
  const tokens = useMemo(() => tokensOf(about.displays), [about.displays]);
  const out = useMemo(() => leftOut(options.sinkMode, SINKS), [options.sinkMode]);
  const grid = useRef<HTMLDivElement>(null);
  const measured = useElementSize(grid);
  const theme = useThemeColours();
  const pixelRatio = usePixelRatio();
  const [keptTiles] = useState(() => new KeptTiles());

  const { width, height } = measured ?? UNMEASURED;
  const { frameIn } = useMapFrame(tokens, theme.fontUi, undefined);
  const { columns, cell, panel, words } = useMemo(
    () =>
      mapsGrid(maps.length, { width, height }, (size) => {
        const { room } = frameIn(size);
        return Math.min(room.width, room.height, tokens.length * MAX_FIT_CELL_PX);
      }),
    [maps.length, width, height, frameIn, tokens.length],
  );
  const placed = useMapLayout(panel, tokens, pixelRatio, theme.fontUi, undefined);
  const { control, level } = placed;
  const pointing = useLabPointing({ ...props, placed });
  const under = useMemo(() => methodRows(maps, record.rows), [maps, record.rows]);
  const { map: room } = placed;
  const isOnRows = under !== undefined && !control.fitted && showsRows(control.viewport, under, room);
  const canShowRows = under !== undefined && rowsViewport(under, undefined, room).cellPx > fitCellPx(room) * 1.0001;
  const toggleRows = () => {
    if (!under || !canShowRows) return;
    const { key } = pointing.stage.pinned ?? {};
    if (isOnRows) pointing.cursor.fit();
    else control.glide(() => rowsViewport(under, key, room));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key !== 'r' || !isPlain || !canShowRows) {
      pointing.stage.onKeyDown(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    toggleRows();
  };

  const [domains, setDomains] = useState<Domains>({});
  const onDomain = useCallback((at: number, value: MethodTileValue, domain: Extent) => {
    setDomains((before) => {
      const old = before[at];
      if (old?.value === value && old.domain[0] === domain[0] && old.domain[1] === domain[1]) return before;
      return { ...before, [at]: { value, domain } };
    });
  }, []);
  const [gone, setGone] = useState<readonly number[]>([]);
  const onGone = useCallback((at: number, isGone: boolean) => {
    setGone((before) => {
      if (before.includes(at) === isGone) return before;
      return isGone ? [...before, at] : before.filter((other) => other !== at);
    });
  }, []);
  const isMadeAgain = useIsMadeAgain();
  const domainOf = (value: MethodTileValue): Extent | undefined => {
    const found = maps
      .map((map, at) => (map.value === value && domains[at]?.value === value ? domains[at].domain : undefined))
      .filter((domain) => domain !== undefined);
    if (found.length === 0) return undefined;
    return [Math.min(...found.map(([lo]) => lo)), Math.max(...found.map(([, hi]) => hi))];
  };
  const values = [...new Set(maps.map(({ value }) => value))].map((value) => ({ value, domain: domainOf(value) }));
  const excludeSinks = leavesOutSinks(options.sinkMode);
  const change = (at: number, map: MethodMap) => onMaps(maps.map((one, place) => (place === at ? map : one)));

  const stage: CommonStage = {
    ...pointing.stage,
    onKeyDown,
    describedBy: '',
    placed,
    tokens,
    theme,
    pixelRatio,
    drawing: props.drawing,
    measured: measured !== undefined,
  };
  const parts = [
    ...partsOf(about).map(({ name, start, end }) => `${name} ${end - start}`),
    about.question === 'seen' ? 'chosen with the question' : 'chosen without the question',
  ].join(' · ');
  const reduced = [aggregateText(options.reducer, level), `${options.scale} scale`, leftOutText(out)];

  return (
    <section className="hs-map hs-lab-maps" aria-label={`Maps of ${formatHead(head)} under methods`}>
      <header className="hs-map__header">
        <h2 className="hs-map__title">
          <b>{formatHead(head)}</b>
          <span className="hs-map__axes">query ↓ key →</span>
          <span>{reduced.filter((part) => part !== '').join(', ')}</span>
          <span className="hs-lab-maps__about" title={parts}>
            {parts}
          </span>
        </h2>
        <GoToField tokens={tokens} onGoTo={pointing.goTo} />
        <MapToolbar
          ofOneValue
          level={level}
          options={options}
          fitted={control.fitted}
          onOptions={props.onOptions}
          onFit={pointing.cursor.fit}
          onZoom={pointing.cursor.zoomAt}
        >
          <button
            type="button"
            aria-pressed={isOnRows}
            disabled={!canShowRows}
            title={
              under === undefined
                ? 'No map is of a method'
                : canShowRows
                  ? `Queries ${under.start} to ${under.end - 1}, which are under the methods, from top to bottom; again: the whole map (R)`
                  : 'The rows under the methods are shown as large already'
            }
            onClick={toggleRows}
          >
            method rows
          </button>
        </MapToolbar>
        <Button
          small
          disabled={maps.length >= MOST_METHOD_MAPS}
          title={`Another map beside these; at most ${MOST_METHOD_MAPS}`}
          onClick={() => onMaps([...maps, nextMap(maps, record.rows)])}
        >
          Add a map
        </Button>
      </header>
      {(isMadeAgain || gone.length > 0) && <RunAgain about={about} />}
      <div
        ref={grid}
        className="hs-compare"
        style={{
          gridTemplateColumns: `repeat(${columns}, ${cell.width}px)`,
          gridAutoRows: cell.height,
          gap: GAP_PX,
        }}
      >
        {maps.map((map, at) => (
          <LabMapCell
            // A place keeps its old picture while another one loads.
            key={at}
            record={record}
            dense={props.dense}
            about={about}
            head={head}
            map={map}
            at={at}
            keptTiles={keptTiles}
            options={options}
            out={out}
            stage={stage}
            target={pointing.target}
            isPointing={pointing.isPointing}
            domain={domainOf(map.value)}
            onDomain={onDomain}
            onChange={change}
            onRemove={maps.length > 1 ? (place) => onMaps(maps.filter((_, other) => other !== place)) : undefined}
            onGone={onGone}
            besidePx={words === 'beside' ? panel.width : undefined}
          />
        ))}
      </div>
      <LabLegends
        values={values}
        options={{ ...options, excludeSinks, tokens: tokens.length, theme: theme.theme }}
        theme={theme}
        hasQuestion={about.questionStart !== null}
        hasAnswer={about.answerStart !== null}
      />
    </section>
  );
}
