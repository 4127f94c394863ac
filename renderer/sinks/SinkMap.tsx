import { useMemo, type KeyboardEvent } from 'react';
import { textOn } from '../../shared/colour/contrast.ts';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import type { SinkReport } from '../../shared/model/sinks.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { axisText } from '../../shared/view/map/axis-labels.ts';
import { tokenText } from '../../shared/view/map/value-words.ts';
import { shareAt, sinkColumns, type SinkShape } from '../../shared/view/sinks/sink-readings.ts';
import { useElementWidth } from '../components/use-element-width.ts';

interface SinkMapProps {
  readonly report: SinkReport;
  readonly shape: SinkShape;
  readonly tokens: readonly TokenView[];
  /** Position. */
  readonly chosen: number;
  readonly onChoose: (position: number) => void;
}

const LEFT = 34;
const TOP = 62;
const FOOT = 40;
const ROW = { least: 8, most: 22 };
const COLUMN = { least: 25, most: 54 };
/** What the map is given of the dock's usual height. */
const ROWS_HEIGHT = 132;
const NUMBERED_ROW = 14;
const NUMBERED_COLUMN = 30;
const LABEL_CHARACTERS = 10;

/** Layers x positions, coloured by the share of the layer's heads that rest there. */
export function SinkMap({ report, shape, tokens, chosen, onChoose }: SinkMapProps) {
  const [ref, width] = useElementWidth();
  const columns = useMemo(() => sinkColumns(report), [report]);
  const { layers } = shape;
  const rowPx = Math.max(ROW.least, Math.min(ROW.most, Math.floor(ROWS_HEIGHT / layers)));
  const room = Math.max(0, width - LEFT - 40);
  const columnPx = Math.max(COLUMN.least, Math.min(COLUMN.most, Math.floor(room / Math.max(1, columns.length))));
  const [mapWidth, mapHeight] = [columns.length * columnPx, layers * rowPx];
  const at = columns.findIndex(({ position }) => position === chosen);
  const lut = lutOf('viridis');

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step === undefined ? undefined : columns[at + step];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    onChoose(next.position);
  };

  return (
    <div className="hs-sinks__map" ref={ref}>
      <svg
        width={LEFT + Math.max(mapWidth + 40, LEGEND_WIDTH + 130)}
        height={TOP + mapHeight + FOOT}
        role="grid"
        aria-label={`Share of heads that rest on each of ${columns.length} positions, by layer. Arrow keys choose a position.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <g role="row">
          {columns.map(({ position, rate }, index) => {
            const x = LEFT + (index + 0.5) * columnPx;
            return (
              <g
                key={position}
                role="columnheader"
                className="hs-sinks__column"
                aria-selected={position === chosen}
                aria-label={`Key ${tokenText(position, tokens)}: ${(100 * rate).toFixed(0)}% of heads`}
                onClick={() => onChoose(position)}
              >
                <text className="hs-sinks__label" transform={`translate(${x - 2} ${TOP - 18}) rotate(-40)`}>
                  {shortened(axisText(tokens[position]!))}
                </text>
                <text className="hs-sinks__tick" x={x} y={TOP - 5} textAnchor="middle">
                  {position}
                </text>
              </g>
            );
          })}
        </g>
        {Array.from({ length: layers }, (_, layer) => {
          const y = TOP + layer * rowPx;
          return (
            <g key={layer} role="row">
              {(rowPx >= 10 || layer % 2 === 0) && (
                <text
                  className="hs-sinks__tick"
                  role="rowheader"
                  x={LEFT - 5}
                  y={y + rowPx / 2}
                  dy="0.35em"
                  textAnchor="end"
                >
                  L{layer}
                </text>
              )}
              {columns.map(({ position }, index) => {
                const share = shareAt(report, layer, position);
                const colour = sampleLut(lut, share);
                const [x, w] = [LEFT + index * columnPx, columnPx - 1];
                return (
                  <g
                    key={position}
                    role="gridcell"
                    className="hs-sinks__cell"
                    aria-label={`L${layer}, key ${position}: ${(100 * share).toFixed(0)}% of heads`}
                    onClick={() => onChoose(position)}
                  >
                    <rect x={x} y={y} width={w} height={rowPx - 1} fill={toHex(colour)}>
                      <title>{`L${layer}, key ${tokenText(position, tokens)}: ${(100 * share).toFixed(0)}% of the layer’s heads rest here`}</title>
                    </rect>
                    {share > 0 && rowPx >= NUMBERED_ROW && columnPx >= NUMBERED_COLUMN && (
                      <text
                        className="hs-sinks__value"
                        x={x + w / 2}
                        y={y + rowPx / 2}
                        dy="0.35em"
                        textAnchor="middle"
                        fill={toHex(textOn(colour))}
                      >
                        {(100 * share).toFixed(0)}
                      </text>
                    )}
                  </g>
                );
              })}
            </g>
          );
        })}
        {at >= 0 && (
          <rect
            className="hs-sinks__ring"
            x={LEFT + at * columnPx - 1}
            y={TOP - 1}
            width={columnPx + 1}
            height={mapHeight + 1}
          />
        )}
        <Legend x={LEFT} y={TOP + mapHeight + 10} />
      </svg>
    </div>
  );
}

const LEGEND_WIDTH = 120;
const LEGEND_STEPS = 24;

function Legend({ x, y }: { readonly x: number; readonly y: number }) {
  const lut = lutOf('viridis');
  const step = LEGEND_WIDTH / LEGEND_STEPS;
  return (
    <g transform={`translate(${x} ${y})`} aria-hidden="true">
      {Array.from({ length: LEGEND_STEPS }, (_, index) => (
        <rect
          key={index}
          x={index * step}
          width={step + 0.5}
          height={7}
          fill={toHex(sampleLut(lut, index / (LEGEND_STEPS - 1)))}
        />
      ))}
      <text className="hs-sinks__tick" y={19}>
        0
      </text>
      <text className="hs-sinks__tick" x={LEGEND_WIDTH} y={19} textAnchor="end">
        100%
      </text>
      <text className="hs-sinks__tick" x={LEGEND_WIDTH + 6} y={7}>
        of the layer’s heads
      </text>
    </g>
  );
}

function shortened(text: string): string {
  return text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text;
}
