import { memo, useMemo } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import {
  axisText,
  COLUMN_LABEL_DEGREES,
  COLUMN_LABEL_PX,
  fitText,
  keyImportance,
  ROW_LABEL_PX,
  spacedByImportance,
  spacedEvenly,
  type MeasureText,
} from '../../shared/view/map/axis-labels.ts';
import type { MapLayout, Target } from './layout.ts';
import { entropyTop } from '../../shared/view/map/marginal-scales.ts';
import { foldText, placeAxis, type AxisFold } from '../../shared/view/map/place-labels.ts';
import type { Viewport } from './viewport.ts';
import { sinkHeading } from '../../shared/view/map/value-words.ts';

export interface MapAxesProps {
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly tokens: readonly TokenView[];
  readonly profile: HeadProfile | undefined;
  readonly sinkKeys: readonly number[];
  readonly folds: readonly AxisFold[];
  readonly pinned: Target | undefined;
  readonly measure: MeasureText;
}

/** Token labels of both axes and the headings of what shares them. D3-free: the scale is a multiplication. */
export const MapAxes = memo(function MapAxes(props: MapAxesProps) {
  const { layout, viewport, tokens, profile, measure } = props;
  const { query: pinnedQuery, key: pinnedKey } = props.pinned ?? {};
  const { plot, sinks, entropy, columns, panel } = layout;
  const { cellPx } = viewport;
  const { folds } = props;
  // Folded tokens are not to be chosen: they would keep labels away from their neighbours.
  const importance = useMemo(() => {
    const all = keyImportance(tokens, profile);
    for (const { start, end } of folds) all.fill(-1, start, end);
    return all;
  }, [tokens, profile, folds]);

  // Chosen for the whole axis at this zoom, then cut to the view: panning moves labels and changes none.
  const keyGap = Math.ceil(COLUMN_LABEL_PX / cellPx - 1e-9);
  const queryGap = Math.ceil(ROW_LABEL_PX / cellPx - 1e-9);
  const keys = useMemo(
    () => spacedByImportance(importance, keyGap, pinnedKey === undefined ? [] : [pinnedKey]),
    [importance, keyGap, pinnedKey],
  );
  const queries = useMemo(
    () => spacedEvenly(tokens.length, queryGap, pinnedQuery === undefined ? [] : [pinnedQuery]),
    [tokens.length, queryGap, pinnedQuery],
  );
  const along = { cellPx, folds };
  const top = placeAxis({
    ...along,
    start: viewport.key,
    lengthPx: plot.width,
    gapPx: COLUMN_LABEL_PX,
    chosen: keys,
  });
  const left = placeAxis({
    ...along,
    start: viewport.query,
    lengthPx: plot.height,
    gapPx: ROW_LABEL_PX,
    chosen: queries,
  });

  const rise = (COLUMN_LABEL_DEGREES * Math.PI) / 180;
  const columnY = plot.y - 7;
  // Headings stand on the same slope as the labels: a label too close to the first of them gives way.
  const [firstSink, lastSink] = [sinks[0], sinks.at(-1)];
  const firstHeadingX = firstSink ? firstSink.x + firstSink.width / 2 : entropy ? entropy.x + 8 : Infinity;
  const columnRoom = (x: number) => Math.min((columnY - 14) / Math.sin(rise), (panel.width - x - 8) / Math.cos(rise));

  const sloped = (x: number) => `translate(${x + 3} ${columnY}) rotate(${-COLUMN_LABEL_DEGREES})`;
  const isClear = (x: number) => firstHeadingX - x >= COLUMN_LABEL_PX;
  const labelClass = (isPinned: boolean) => (isPinned ? 'hs-map__label hs-map__label--pinned' : 'hs-map__label');

  const columnLabels = top.labels.map(({ index, atPx }) => {
    const x = plot.x + atPx;
    const text = isClear(x) ? fitText(axisText(tokens[index]!), columnRoom(x), measure) : undefined;
    return (
      text !== undefined && (
        <text key={index} className={labelClass(index === pinnedKey)} transform={sloped(x)}>
          {text}
        </text>
      )
    );
  });
  const columnFolds = top.brackets.map(({ fold, startPx, endPx, labelPx }) => {
    const x = labelPx === undefined ? undefined : plot.x + labelPx;
    const text = x !== undefined && isClear(x) ? foldText(fold, columnRoom(x), measure) : undefined;
    return (
      <g key={fold.start} className="hs-map__fold">
        <path d={`M${plot.x + startPx + 0.5} ${plot.y - 1}v-4H${plot.x + endPx - 0.5}v4`} />
        {text !== undefined && x !== undefined && <text transform={sloped(x)}>{text}</text>}
      </g>
    );
  });

  const rowRoom = layout.leftPx - layout.indexPx - 14;
  const rowLabels = left.labels.map(({ index, atPx }) => {
    const text = fitText(axisText(tokens[index]!), rowRoom, measure);
    return (
      text !== undefined && (
        <text key={index} className={labelClass(index === pinnedQuery)} y={plot.y + atPx} dy="0.35em" textAnchor="end">
          <tspan x={plot.x - 8 - layout.indexPx}>{text}</tspan>
          {layout.indexPx > 0 && (
            <tspan className="hs-map__index" x={plot.x - 8}>
              {index}
            </tspan>
          )}
        </text>
      )
    );
  });
  const rowFolds = left.brackets.map(({ fold, startPx, endPx, labelPx }) => {
    const text = labelPx === undefined ? undefined : foldText(fold, layout.leftPx - 16, measure);
    return (
      <g key={fold.start} className="hs-map__fold">
        <path d={`M${plot.x - 1} ${plot.y + startPx + 0.5}h-4V${plot.y + endPx - 0.5}h4`} />
        {text !== undefined && labelPx !== undefined && (
          <text x={plot.x - 10} y={plot.y + labelPx} dy="0.35em" textAnchor="end">
            {text}
          </text>
        )}
      </g>
    );
  });

  const heading = (x: number, text: string) => (
    <text className="hs-map__heading" transform={`translate(${x + 3} ${columnY}) rotate(${-COLUMN_LABEL_DEGREES})`}>
      {text}
    </text>
  );
  if (!layout.shows.labels) return undefined;
  return (
    <svg className="hs-map__axes-layer" width={panel.width} height={panel.height} aria-hidden="true">
      {columnLabels}
      {rowLabels}
      {columnFolds}
      {rowFolds}
      {sinks.map((sink, place) => (
        <g key={sink.x}>{heading(sink.x + sink.width / 2, sinkHeading(props.sinkKeys[place] ?? 0))}</g>
      ))}
      {firstSink && lastSink && (
        <text
          className="hs-map__scale"
          x={(firstSink.x + lastSink.x + lastSink.width) / 2}
          y={firstSink.y + firstSink.height + 14}
          textAnchor="middle"
        >
          {sinks.length > 2 ? 'each 0–1' : '0–1'}
        </text>
      )}
      {entropy && heading(entropy.x + 10, 'row entropy')}
      {entropy && (
        <text
          className="hs-map__scale"
          x={entropy.x + entropy.width}
          y={entropy.y + entropy.height + 14}
          textAnchor="end"
        >
          {`${entropyTop(tokens.length).toFixed(1)} nats`}
        </text>
      )}
      {columns && (
        <g className="hs-map__heading" textAnchor="end">
          <text x={columns.x - 8} y={columns.y + 9}>
            column mean
          </text>
          <text x={columns.x - 8} y={columns.y + 23}>
            log, 10⁻⁴–1
          </text>
        </g>
      )}
    </svg>
  );
});
