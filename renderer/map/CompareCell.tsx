import { useMemo } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import { classNames } from '../base/class-names.ts';
import { CellLegend } from './CellLegend.tsx';
import { formatProbability } from '../../shared/view/map/format-value.ts';
import type { MapSource } from './map-source.ts';
import type { MapOptions } from './MapToolbar.tsx';
import { MapStage, type MapStageProps } from './MapStage.tsx';
import type { Picture } from './picture.ts';
import { texelAt } from './place-tiles.ts';
import { useCellReading } from './use-cell-reading.ts';
import { useMapTiles } from './use-map-tiles.ts';
import { leavesOutSinks, type LeftOut } from '../../shared/view/map/sink-mode.ts';
import type { CellAddress } from './viewport.ts';
import { VALUE_UNITS } from '../../shared/view/map/value-words.ts';

/** One of the maps side by side. */
export interface ComparedMap {
  /** Unique in the comparison. */
  readonly id: string;
  /** `L1H3`, or `L1H3 − L1H2`. */
  readonly title: string;
  readonly runId: string;
  readonly head: HeadId;
  readonly source: MapSource;
  /** What is subtracted, as part of the picture's identity, and where single cells of it are read. */
  readonly minus?: { readonly key: string; readonly runId: string; readonly head: HeadId; readonly source: MapSource };
  readonly selected: boolean;
}

/** What all maps side by side have alike. */
export type CommonStage = Omit<MapStageProps, 'name' | 'tiles' | 'profile' | 'value' | 'unit' | 'mark'>;

export interface CompareCellProps {
  readonly map: ComparedMap;
  readonly options: MapOptions;
  readonly out: LeftOut;
  readonly stage: CommonStage;
  /** The cell to be read. */
  readonly target: CellAddress | undefined;
  readonly onSelect: () => void;
  readonly onRemove: (() => void) | undefined;
}

const NO_KEYS: readonly number[] = [];
/** Several maps share the page's memory. */
const CACHE_BYTES = 32 * 2 ** 20;

export function CompareCell(props: CompareCellProps) {
  const { map, options, stage } = props;
  const { scale, gamma, sinkMode } = options;
  const { skipKeys, renormalise } = props.out;
  const { placed, tokens, theme } = stage;
  const { head, runId, source, minus } = map;
  // Differences are of probabilities, and of them the smallest has no meaning.
  const value = minus ? 'probability' : options.value;
  const reducer = minus && options.reducer === 'min' ? 'max' : options.reducer;
  const minusKey = minus?.key;
  const picture = useMemo<Picture>(
    () => ({
      runId,
      layer: head.layer,
      head: head.head,
      value,
      reducer,
      skipKeys,
      renormalise,
      tokens: tokens.length,
      minus: minusKey,
    }),
    [runId, head.layer, head.head, value, reducer, skipKeys, renormalise, tokens.length, minusKey],
  );
  const tiles = useMapTiles({
    source,
    picture,
    viewport: placed.control.viewport,
    plot: placed.layout.plot,
    level: placed.level,
    colours: { scale, gamma, excludeSinks: leavesOutSinks(sinkMode), theme: theme.theme },
    withoutKeys: NO_KEYS,
    budgetBytes: CACHE_BYTES,
  });
  const { target } = props;
  const cell = target && target.key <= target.query ? target : undefined;
  const texel = cell && texelAt(tiles.cache, tiles.key, placed.level, cell);
  const reading = useCellReading(source, runId, head, cell, props.out);
  const other = useCellReading(
    minus?.source ?? source,
    minus?.runId ?? runId,
    minus?.head ?? head,
    minus && cell,
    props.out,
  );
  const exact = minus ? reading && other && reading.probability - other.probability : reading?.probability;
  const unit = minus ? 'Δp' : VALUE_UNITS[value];

  return (
    <section
      className={classNames('hs-compare__cell', map.selected && 'hs-compare__cell--selected')}
      aria-label={`Map of ${map.title}`}
      aria-busy={!tiles.ready && !tiles.failure}
    >
      <header className="hs-compare__head">
        <h3>
          {minus ? (
            map.title
          ) : (
            <button type="button" title="Select this head" aria-pressed={map.selected} onClick={props.onSelect}>
              {map.title}
            </button>
          )}
        </h3>
        <span className="hs-compare__value">
          {exact !== undefined && `${minus ? 'Δp' : 'p'} = ${signed(exact, minus !== undefined)}`}
        </span>
        {props.onRemove && (
          <button
            type="button"
            className="hs-compare__remove"
            aria-label={`Remove ${map.title}`}
            title={`Remove ${map.title}`}
            onClick={props.onRemove}
          >
            ×
          </button>
        )}
      </header>
      <div className="hs-map__room">
        <MapStage
          name={`Attention of ${map.title}, ${tokens.length} by ${tokens.length} tokens. All maps move together.`}
          tiles={tiles}
          profile={undefined}
          value={value}
          unit={unit}
          mark={texel}
          {...stage}
        />
      </div>
      <CellLegend
        tiles={tiles}
        unit={unit}
        isDifference={minus !== undefined}
        mark={texel}
        width={placed.layout.panel.width}
      />
    </section>
  );
}

function signed(value: number, isDifference: boolean): string {
  return isDifference && value > 0 ? `+${formatProbability(value)}` : formatProbability(value);
}
