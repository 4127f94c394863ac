/**
 * Layers x heads, coloured by one score or with the small map of each head. The first picture of a model, and the way
 * to every head in it. In both kinds the grid of the document is the same: what hands, keys and screen readers meet
 * does not depend on what is drawn in the cells.
 */
import { memo, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { formatHead, parseHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { Place } from '../../shared/model/place.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { classNames } from '../base/class-names.ts';
import type { RunMiniatures } from '../engine/data-keys.ts';
import { useElementSize } from '../map/use-element-size.ts';
import { usePixelRatio } from '../map/use-pixel-ratio.ts';
import { useThemeColours } from '../map/use-theme-colours.ts';
import { atlasLayout, cellCorner, type AtlasLayout } from './atlas-layout.ts';
import { AtlasLabels } from './AtlasLabels.tsx';
import { AtlasLegend, barWidth } from './AtlasLegend.tsx';
import { AtlasRow } from './AtlasRow.tsx';
import { describeHead, describeMap } from './describe-head.ts';
import { GlyphLegend } from './GlyphLegend.tsx';
import type { Glyph } from './glyphs.ts';
import { headAfterKey } from './grid-keys.ts';
import { hasValues, ranksOf, scoreOf } from '../../shared/view/atlas/head-order.ts';
import { mapsDomain, mapsTicks, mapsTitle, scoreTicks } from '../../shared/view/atlas/legend-ticks.ts';
import { texelAt } from './map-readings.ts';
import { fits, MAPS_COLOURS } from '../../shared/view/atlas/map-sheet.ts';
import { MapsCanvas } from './MapsCanvas.tsx';
import { mapsLayout } from './maps-layout.ts';
import { notableHeads, scoreDecimals, scoreMap, scoreScale } from '../../shared/view/atlas/score-colours.ts';
import { SelectionRing } from './SelectionRing.tsx';
import './atlas.css';

export interface HeadAtlasProps {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly score: ScoreTable;
  /** With its origin; the score's own name where it is absent. */
  readonly name?: string;
  /** What the cells show. `miniatures` are needed for maps alone, and undefined while they are on their way. */
  readonly cells?: 'score' | 'maps';
  readonly miniatures?: RunMiniatures | undefined;
  /** Scores that cells show as bars in place of the colour, at most three. */
  readonly glyphs?: readonly Glyph[] | undefined;
  /** Stands out, because the pointer is on it here or elsewhere. */
  readonly hovered?: HeadId | undefined;
  readonly onHover?: (head: HeadId | undefined) => void;
  /** Whether each head stands out from the others, which are dimmed; undefined: all alike. */
  readonly passing?: readonly boolean[] | undefined;
  readonly selected: HeadId;
  readonly onSelect: (head: HeadId) => void;
  readonly ablated: readonly HeadId[];
  readonly onToggleAblate: (head: HeadId) => void;
  /** A layer's or a KV group's label was clicked. */
  readonly onPlace?: (place: Place) => void;
  /** The values belong to an earlier run; new ones are on their way. */
  readonly stale: boolean;
  /** Other values are on their way; stale ones may also stay. */
  readonly busy: boolean;
  /** The values are differences: a plus is printed as well. */
  readonly signed?: boolean;
}

interface Pointed {
  readonly head: HeadId;
  /** Value of the texel, where there is one. */
  readonly texel: number | undefined;
}

const NO_VALUES = new Float64Array(0);
const NO_GLYPHS: readonly Glyph[] = [];
/** Side of a run's small maps, but for prompts of fewer tokens: what room is made for until they are here. */
const USUAL_MAP_SIZE = 32;

export function HeadAtlas(props: HeadAtlasProps) {
  const { layers, heads, kvHeads, score, cells = 'score', glyphs = NO_GLYPHS, selected, ablated, stale, busy } = props;
  const { signed = false } = props;
  const name = props.name ?? score.info.name;
  const hatch = useId();
  const outside = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const grid = useRef<SVGSVGElement>(null);
  const width = useElementSize(outside)?.width ?? 300;
  const pixelRatio = usePixelRatio();
  const theme = useThemeColours();
  const [pointed, setPointed] = useState<Pointed>();

  const showsMaps = cells === 'maps';
  const hovered = pointed?.head ?? props.hovered;
  const miniatures = props.miniatures && fits(props.miniatures, { layers, heads }) ? props.miniatures : undefined;
  const mapSize = miniatures?.size ?? USUAL_MAP_SIZE;
  const layout = useMemo(() => {
    const brackets = kvHeads < heads;
    return showsMaps
      ? mapsLayout({ widthPx: width, layers, heads, brackets, size: mapSize, pixelRatio })
      : atlasLayout(width, layers, heads, brackets);
  }, [showsMaps, width, layers, heads, kvHeads, mapSize, pixelRatio]);
  const values = hasValues(score, layers, heads) ? score.values! : NO_VALUES;
  const scale = useMemo(() => scoreScale(score), [score]);
  const ranks = useMemo(() => ranksOf(values), [values]);
  const { passing } = props;
  // What is veiled has no number: nobody could read it.
  const notable = useMemo(() => {
    const high = notableHeads(values, scale);
    return passing ? new Set([...high].filter((index) => passing[index])) : high;
  }, [values, scale, passing]);
  const ablatedKeys = useMemo(() => new Set(ablated.map(formatHead)), [ablated]);

  // Selection made elsewhere (table, palette) must be seen here; focus is only followed, never taken.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const [x, y] = cellCorner(layout, selected);
    const [right, bottom] = [x + layout.pitchPx + 4, y + layout.rowPx + 4];
    if (y < element.scrollTop + layout.topPx) element.scrollTop = y - layout.topPx;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
    if (x < element.scrollLeft + layout.leftPx) element.scrollLeft = x - layout.leftPx;
    else if (right > element.scrollLeft + element.clientWidth) element.scrollLeft = right - element.clientWidth;
  }, [layout, selected]);

  const select = (head: HeadId) => {
    props.onSelect(head);
    grid.current?.querySelector<SVGElement>(`[data-head="${formatHead(head)}"]`)?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const to = headAfterKey(event, selected, layers, heads);
    if (to) select(to);
    else if (event.key === 'Enter' || event.key === ' ') props.onSelect(selected);
    else if (event.key.toLowerCase() === 'a' && !event.ctrlKey) props.onToggleAblate(selected);
    else return;
    // Handled here: the app's own `A` must not toggle it back.
    event.preventDefault();
    event.stopPropagation();
  };
  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const head = headOf(event.target);
    const corner = event.currentTarget.getBoundingClientRect();
    const point = { x: event.clientX - corner.x, y: event.clientY - corner.y };
    const texel = head && showsMaps && miniatures ? texelAt(miniatures, layout, head, heads, point) : undefined;
    setPointed((before) =>
      head && before && sameHead(before.head, head) && before.texel === texel ? before : head && { head, texel },
    );
    if (!head || !props.hovered || !sameHead(head, props.hovered)) props.onHover?.(head);
  };

  if (!showsMaps && values.length === 0) {
    return (
      <div className="hs-atlas" ref={outside}>
        <p className="hs-atlas__reason">
          <b>{score.info.name} does not apply here.</b> {score.notApplicable ?? 'This run has no values for it.'}
        </p>
      </div>
    );
  }

  const legendWidth = Math.min(width, 320);
  const said = hovered ?? selected;
  return (
    <div
      className={classNames('hs-atlas', showsMaps && 'hs-atlas--maps', stale && 'hs-atlas--stale')}
      aria-busy={busy}
      ref={outside}
    >
      <div className="hs-atlas__scroll" ref={box}>
        <div className="hs-atlas__plane" style={{ width: layout.width, height: layout.height }}>
          {showsMaps && <MapsCanvas layers={layers} heads={heads} layout={layout} miniatures={miniatures} box={box} />}
          <svg
            ref={grid}
            className="hs-atlas__grid"
            width={layout.width}
            height={layout.height}
            role="grid"
            aria-label={`Heads by ${name}, ${layers} layers of ${heads} heads`}
            aria-rowcount={layers}
            aria-colcount={heads}
            onKeyDown={onKeyDown}
            onClick={(event) => {
              const head = headOf(event.target);
              if (head) select(head);
            }}
            onDoubleClick={(event) => {
              const head = headOf(event.target);
              if (head) props.onToggleAblate(head);
            }}
            onPointerMove={onPointerMove}
            onPointerLeave={() => {
              setPointed(undefined);
              props.onHover?.(undefined);
            }}
          >
            <HatchPattern id={hatch} />
            {Array.from({ length: layers }, (_, layer) => (
              <AtlasRow
                key={layer}
                layer={layer}
                heads={heads}
                kvHeads={kvHeads}
                layout={layout}
                score={score}
                scale={scale}
                ranks={ranks}
                notable={notable}
                selectedHead={selected.layer === layer ? selected.head : undefined}
                ablated={Array.from({ length: heads }, (_x, head) =>
                  ablatedKeys.has(formatHead({ layer, head })),
                ).join()}
                coloured={!showsMaps}
                glyphs={glyphs}
                ground={theme.theme}
                signed={signed}
                hatch={hatch}
              />
            ))}
            {props.passing && <Veil layout={layout} heads={heads} passing={props.passing} />}
            {hovered && !sameHead(hovered, selected) && <HoverRing layout={layout} head={hovered} />}
            <SelectionRing layout={layout} selected={selected} />
          </svg>
          <AtlasLabels
            {...{ layout, layers, heads, kvHeads }}
            layer={props.onPlace && selected.layer}
            onPlace={props.onPlace}
          />
        </div>
      </div>
      {showsMaps ? (
        <AtlasLegend
          scale={MAPS_COLOURS.scale}
          map="viridis"
          ticks={mapsTicks()}
          title={mapsTitle(miniatures)}
          width={legendWidth}
          mark={pointed?.texel}
          masked={{ text: mapsDomain(), colour: theme.mask }}
        />
      ) : glyphs.length > 0 ? (
        <GlyphLegend glyphs={glyphs} />
      ) : (
        <AtlasLegend
          scale={scale}
          map={scoreMap(scale, theme.theme)}
          floor={score.floor}
          gaps={values.some((value) => Number.isNaN(value))}
          ticks={scoreTicks(scale, barWidth(legendWidth))}
          title={`${name}, ${score.info.unit}`}
          prompts={score.spread?.prompts}
          width={legendWidth}
          mark={hovered && scoreOf(score, hovered, heads)}
        />
      )}
      <p className="hs-atlas__status">
        {describeHead(said, {
          score,
          heads,
          kvHeads,
          decimals: scoreDecimals(scale),
          ranks,
          ablated: ablatedKeys.has(formatHead(said)),
          signed,
        })}
      </p>
      {showsMaps && <p className="hs-atlas__status">{describeMap(said, heads, miniatures)}</p>}
    </div>
  );
}

/** The head whose cell an event hit: cells carry no handlers, so that rows need not render when a callback changes. */
function headOf(target: EventTarget): HeadId | undefined {
  const cell = target instanceof Element ? target.closest<SVGElement>('[data-head]') : null;
  return parseHead(cell?.dataset['head'] ?? '');
}

/** Over the heads that a filter leaves out. */
const Veil = memo(function Veil(props: {
  readonly layout: AtlasLayout;
  readonly heads: number;
  readonly passing: readonly boolean[];
}) {
  const { layout, heads, passing } = props;
  return (
    <g className="hs-atlas__veil">
      {passing.map((passes, index) => {
        if (passes) return null;
        const [x, y] = cellCorner(layout, { layer: Math.floor(index / heads), head: index % heads });
        return (
          <rect key={index} x={x} y={y} width={layout.pitchPx - layout.gapPx} height={layout.rowPx - layout.gapPx} />
        );
      })}
    </g>
  );
});

function HoverRing({ layout, head }: { readonly layout: AtlasLayout; readonly head: HeadId }) {
  const [x, y] = cellCorner(layout, head);
  return (
    <rect
      className="hs-atlas__hover"
      x={x - 0.5}
      y={y - 0.5}
      width={layout.pitchPx - layout.gapPx + 1}
      height={layout.rowPx - layout.gapPx + 1}
    />
  );
}

/** Over the cells of ablated heads. */
function HatchPattern({ id }: { readonly id: string }) {
  return (
    <defs>
      <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="5" height="5" className="hs-atlas__hatch-ground" />
        <rect width="2.5" height="5" className="hs-atlas__hatch-line" />
      </pattern>
    </defs>
  );
}
