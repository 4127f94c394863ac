import { useEffect, useMemo } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { LabAbout } from '../../shared/model/lab.ts';
import type { KeptRows, MethodTileValue } from '../../shared/model/method-views.ts';
import { leavesOutSinks, type LeftOut } from '../../shared/view/map/sink-mode.ts';
import { isTinted, type Extent } from '../../shared/view/map/map-colours.ts';
import { METHOD_VALUE_UNITS, methodColours } from '../../shared/view/map/method-map.ts';
import type { CommonStage } from '../map/CompareCell.tsx';
import { isGone } from '../lab/lost-rows.ts';
import { isCell, type Target } from '../map/layout.ts';
import type { TileSource } from '../map/map-source.ts';
import { MapStage } from '../map/MapStage.tsx';
import type { MapOptions } from '../map/MapToolbar.tsx';
import type { Picture } from '../map/picture.ts';
import { texelAt } from '../map/place-tiles.ts';
import { useMapTiles } from '../map/use-map-tiles.ts';
import { KeptOutline } from './KeptOutline.tsx';
import { LabMarks } from './LabMarks.tsx';

/** What all maps of the lab have alike. */
export interface LabMapCommon {
  readonly about: LabAbout;
  readonly head: HeadId;
  readonly options: MapOptions;
  readonly out: LeftOut;
  readonly stage: CommonStage;
  /** To be read. */
  readonly target: Target | undefined;
}

interface LabMapBodyProps extends LabMapCommon {
  readonly title: string;
  /** Names the numbers: a run or a trace. */
  readonly of: string;
  readonly source: TileSource;
  readonly value: MethodTileValue;
  readonly hasBoundary: boolean;
  readonly kept: KeptRows | undefined;
  /** Ends that the maps of this value have in common. */
  readonly domain: Extent | undefined;
  readonly onDomain: (domain: Extent) => void;
  /** Whether the engine does not hold what the map is of. */
  readonly onGone: (isGone: boolean) => void;
  /** In words; `texel`: the value under the pointer, where every cell is shown. */
  readonly words: (texel: number | undefined) => string;
  readonly readoutId: string;
  readonly isLive: boolean;
}

/** Several maps share the page's memory. */
const CACHE_BYTES = 24 * 2 ** 20;
const NO_KEYS: readonly number[] = [];

const GONE_WORDS = 'No longer held by the engine: run again.';

/** One of the maps side by side, and the line under it. */
export function LabMapBody(props: LabMapBodyProps) {
  const { about, head, options, out, stage, source, value, domain, kept, onDomain } = props;
  const { placed, tokens, theme } = stage;
  const { scale, gamma } = options;
  // The smallest difference has no meaning.
  const reducer = value === 'difference' && options.reducer === 'min' ? 'max' : options.reducer;
  const { skipKeys, renormalise } = out;
  const of = `${props.of} ${value}`;
  const picture = useMemo<Picture>(
    () => ({
      runId: of,
      layer: head.layer,
      head: head.head,
      value: 'probability',
      reducer,
      skipKeys,
      renormalise,
      tokens: tokens.length,
      minus: value === 'difference' ? 'dense' : undefined,
    }),
    [of, head.layer, head.head, value, reducer, skipKeys, renormalise, tokens.length],
  );
  const excludeSinks = leavesOutSinks(options.sinkMode);
  const asked = methodColours(value, {
    reducer,
    scale,
    gamma,
    excludeSinks,
    tokens: tokens.length,
    theme: theme.theme,
  });
  const tiles = useMapTiles({
    source,
    picture,
    viewport: placed.control.viewport,
    plot: placed.layout.plot,
    level: placed.level,
    colours: { ...asked, domain: asked.domain ?? domain },
    withoutKeys: NO_KEYS,
    budgetBytes: CACHE_BYTES,
  });
  const { ready } = tiles;
  const [lo, hi] = tiles.domain;
  useEffect(() => {
    if (ready) onDomain([lo, hi]);
  }, [ready, lo, hi, onDomain]);
  const isMissing = isGone(tiles.failure);
  const { onGone } = props;
  useEffect(() => {
    onGone(isMissing);
    return () => onGone(false);
  }, [isMissing, onGone]);
  const { target } = props;
  const cell = isCell(target) && target.key <= target.query ? target : undefined;
  const texel = cell && texelAt(tiles.cache, tiles.key, placed.level, cell);
  const mark = texel === undefined || isTinted(texel) ? undefined : texel;
  const words = isMissing ? GONE_WORDS : props.words(placed.level === 0 ? mark : undefined);

  return (
    <>
      <div className="hs-map__room" aria-busy={!ready && !tiles.failure}>
        <MapStage
          {...stage}
          name={`${props.title}, ${tokens.length} by ${tokens.length} tokens. All maps move together; Enter pins query and key, R shows the rows under the methods.`}
          describedBy={props.readoutId}
          tiles={tiles}
          profile={undefined}
          value="probability"
          unit={METHOD_VALUE_UNITS[value]}
          mark={mark}
          isFailureSaid={isMissing}
        >
          {kept && (
            <KeptOutline
              layout={placed.layout}
              viewport={placed.control.viewport}
              kept={kept}
              pixelRatio={stage.pixelRatio}
              colour={theme.text}
            />
          )}
          <LabMarks
            about={about}
            layout={placed.layout}
            viewport={placed.control.viewport}
            hasBoundary={props.hasBoundary}
          />
        </MapStage>
      </div>
      <p className="hs-lab-maps__words" id={props.readoutId} title={words} aria-live={props.isLive ? 'polite' : 'off'}>
        {words}
      </p>
    </>
  );
}
