import type { ReactNode } from 'react';
import { TILE_REDUCERS, TILE_VALUES, type TileReducer, type TileValue } from '../../shared/tensor/tile.ts';
import { GammaControl } from './GammaControl.tsx';
import { hasLogScale } from '../../shared/view/map/map-colours.ts';
import { SinkChooser, type SinkChooserProps } from './SinkChooser.tsx';
import { SINK_MODE_HINTS, SINK_MODE_NAMES, SINK_MODES, type SinkMode } from '../../shared/view/map/sink-mode.ts';
import { VALUE_NAMES } from '../../shared/view/map/value-words.ts';

export interface MapOptions {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly scale: 'log' | 'linear';
  /** Exponent of the place on the colour bar; 1 = none. */
  readonly gamma: number;
  readonly sinkMode: SinkMode;
}

export interface MapToolbarProps {
  readonly options: MapOptions;
  readonly level: number;
  /** The choice of the strips beside the map, where there are any. */
  readonly sinks?: SinkChooserProps | undefined;
  readonly fitted: boolean;
  readonly onOptions: (change: Partial<MapOptions>) => void;
  readonly onFit: () => void;
  readonly onZoom: (factor: number) => void;
  /** The value is not to be chosen here. */
  readonly ofOneValue?: boolean;
  /** What only one of the views has. */
  readonly children?: ReactNode;
}

const REDUCER_HINTS: Readonly<Record<TileReducer, string>> = {
  max: 'Largest cell under each texel: single hot cells stay visible',
  mean: 'Mean of the visible cells under each texel: hides single hot cells',
  sum: 'Sum over the visible cells under each texel: keeps mass',
  min: 'Smallest visible cell under each texel',
};

/** How the map is shown: what a cell holds, in which colours, at which zoom. */
export function MapToolbar(props: MapToolbarProps) {
  const { level, fitted } = props;
  const { value, reducer, scale, gamma, sinkMode } = props.options;
  return (
    <div className="hs-map__controls" role="toolbar" aria-label="Map">
      {props.ofOneValue !== true && (
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
      )}
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
      <span className="hs-map__group">
        <select
          aria-label="Sinks"
          title={`${SINK_MODE_HINTS[sinkMode]} (S for the next)`}
          value={sinkMode}
          onChange={(event) => {
            const chosen = SINK_MODES.find((candidate) => candidate === event.target.value);
            if (chosen) props.onOptions({ sinkMode: chosen });
          }}
        >
          {SINK_MODES.map((candidate) => (
            <option key={candidate} value={candidate} title={SINK_MODE_HINTS[candidate]}>
              {SINK_MODE_NAMES[candidate]}
            </option>
          ))}
        </select>
        {props.sinks && <SinkChooser {...props.sinks} />}
      </span>
      <GammaControl gamma={gamma} onGamma={(next) => props.onOptions({ gamma: next })} />
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
      {props.children}
    </div>
  );
}
