import { memo } from 'react';
import type { Badge as BadgeName } from '../../shared/model/badge.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { TILE_REDUCERS, TILE_VALUES, type TileReducer, type TileValue } from '../../shared/tensor/tile.ts';
import { hasLogScale } from './map-colours.ts';
import { Badge } from '../components/Badge.tsx';
import { headingText, VALUE_NAMES } from './words.ts';

export interface MapOptions {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly scale: 'log' | 'linear';
  readonly excludeSinks: boolean;
}

export interface MapHeaderProps extends MapOptions {
  readonly head: HeadId;
  readonly level: number;
  readonly badge: BadgeName;
  /** The map is that of the run with interventions. */
  readonly ofAblatedRun: boolean;
  readonly ablated: boolean;
  readonly fitted: boolean;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  readonly onAblate: () => void;
  readonly onFit: () => void;
  readonly onZoom: (factor: number) => void;
}

const REDUCER_HINTS: Readonly<Record<TileReducer, string>> = {
  max: 'Largest cell under each texel: single hot cells stay visible',
  mean: 'Mean of the visible cells under each texel: hides single hot cells',
  sum: 'Sum over the visible cells under each texel: keeps mass',
  min: 'Smallest visible cell under each texel',
};

/** What the map shows, in words, and the controls that change it. */
export const MapHeader = memo(function MapHeader(props: MapHeaderProps) {
  const { head, value, reducer, level, scale, excludeSinks, badge, ablated, fitted } = props;
  return (
    <header className="hs-map__header">
      <h2 className="hs-map__title">
        <b>{formatHead(head)}</b>
        <span className="hs-map__axes">query ↓ key →</span>
        <span>{headingText(value, reducer, level, scale)}</span>
        <Badge badge={badge} />
        {props.ofAblatedRun && (
          <span className="hs-map__badge" title="Attention in the run with the interventions (C shows the clean run)">
            ablated run
          </span>
        )}
        {ablated && (
          <span
            className="hs-map__badge hs-map__badge--ablated"
            title={`The output of ${formatHead(head)} is changed; the map still shows where the head looks`}
          >
            head ablated
          </span>
        )}
      </h2>
      <div className="hs-map__controls" role="toolbar" aria-label="Map">
        <select
          aria-label="Value"
          title="What a cell holds"
          value={value}
          onChange={(event) => {
            const chosen = TILE_VALUES.find((candidate) => candidate === event.target.value);
            if (chosen) props.onOptions({ value: chosen });
          }}
        >
          {TILE_VALUES.map((candidate) => (
            <option key={candidate} value={candidate}>
              {VALUE_NAMES[candidate]}
            </option>
          ))}
        </select>
        <select
          aria-label="Reducer of the cells under one texel"
          title={level === 0 ? 'Every cell is shown: nothing is reduced at this zoom' : REDUCER_HINTS[reducer]}
          value={reducer}
          onChange={(event) => {
            const chosen = TILE_REDUCERS.find((candidate) => candidate === event.target.value);
            if (chosen) props.onOptions({ reducer: chosen });
          }}
        >
          {TILE_REDUCERS.map((candidate) => (
            <option key={candidate} value={candidate}>
              {candidate}
            </option>
          ))}
        </select>
        <button
          type="button"
          aria-pressed={hasLogScale(value) && scale === 'log'}
          disabled={!hasLogScale(value)}
          title={hasLogScale(value) ? 'Logarithmic colour scale' : `A ${VALUE_NAMES[value]} is logarithmic already`}
          onClick={() => {
            props.onOptions({ scale: scale === 'log' ? 'linear' : 'log' });
          }}
        >
          log
        </button>
        <button
          type="button"
          aria-pressed={excludeSinks}
          title="Take key 0 out of the map and its colour domain; it stays in the gutter"
          onClick={() => {
            props.onOptions({ excludeSinks: !excludeSinks });
          }}
        >
          no sink
        </button>
        <span className="hs-map__group">
          <button
            type="button"
            aria-label="Zoom out"
            title="Zoom out (−)"
            disabled={fitted}
            onClick={() => {
              props.onZoom(0.5);
            }}
          >
            −
          </button>
          <button
            type="button"
            aria-label="Zoom in"
            title="Zoom in (+)"
            onClick={() => {
              props.onZoom(2);
            }}
          >
            +
          </button>
          <button type="button" title="Show the whole map (0)" disabled={fitted} onClick={props.onFit}>
            fit
          </button>
        </span>
        <button
          type="button"
          className={ablated ? 'hs-map__ablate hs-map__ablate--on' : 'hs-map__ablate'}
          title={ablated ? `Restore ${formatHead(head)} (A)` : `Zero the output of ${formatHead(head)} (A)`}
          onClick={props.onAblate}
        >
          {ablated ? 'restore' : 'ablate'}
        </button>
      </div>
    </header>
  );
});
