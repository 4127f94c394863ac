import { scaleLinear } from 'd3';
import { useMemo } from 'react';
import { formatHead, sameHead } from '../../shared/model/head-id.ts';
import { assertExists } from '../../shared/base/assert.ts';
import { formatCount, formatNumber } from '../../shared/view/format.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { useApp } from '../app/app-context.ts';
import { classNames } from '../base/class-names.ts';
import { useElementWidth } from '../components/use-element-width.ts';
import type { StepFound } from '../lab/lab-keys.ts';
import { selectHead } from '../state/edits.ts';
import { budgetShares } from './budget-rows.ts';
import type { HeadsView } from './kept-view.ts';

interface BudgetPlotProps {
  readonly view: HeadsView;
  /** Of the query that is looked at, or of the one before until that comes; undefined: over all of them. */
  readonly step: StepFound | undefined;
}

const LEFT = 30;
const RIGHT = 14;
const TOP = 16;
const BOTTOM = 32;
const ROW = { least: 9, most: 20, all: 260 } as const;

/** How the keys are shared out: a bar a layer, a mark a head, and what all alike would get. */
export function BudgetPlot({ view, step }: BudgetPlotProps) {
  const { store } = useApp();
  const [ref, width] = useElementWidth();
  const { about, result, head: selected, query } = view;
  const isStale = step !== undefined && step.query !== query;
  const read = step?.read ?? assertExists(result.heads.read, 'keys read');
  const shares = useMemo(() => budgetShares(read, about.heads), [read, about.heads]);
  const rowPx = Math.max(ROW.least, Math.min(ROW.most, Math.floor(ROW.all / about.layers)));
  const right = Math.max(160, width) - RIGHT;
  const x = scaleLinear()
    .domain([0, Math.max(1, ...Array.from(read))])
    .nice(4)
    .range([LEFT, right]);
  const below = TOP + about.layers * rowPx;
  const uniform = x(shares.uniform);
  const isUneven = shares.imbalance >= 1.005;
  const words = [
    `${formatCount(Math.round(shares.total))} keys a step over ${about.layers * about.heads} heads`,
    `${formatNumber(shares.uniform)} each if all alike`,
    isUneven
      ? `most ÷ mean ${shares.imbalance.toFixed(2)} by head, ${shares.layerImbalance.toFixed(2)} by layer`
      : 'all alike',
  ].join(' · ');
  return (
    <section className={classNames('hs-kept__shares', isStale && 'hs-kept--stale')} aria-label="Keys by layer and head">
      <h3>
        Keys read{' '}
        <span className="hs-dim">
          {step ? `at query ${step.query}` : `mean of ${formatCount(result.rows)} queries`}
        </span>
      </h3>
      <div ref={ref}>
        <svg
          className="hs-kept__budget"
          width={right + RIGHT}
          height={below + BOTTOM}
          role="img"
          aria-label={`Keys read by layer: ${shares.layers.map(({ mean }, layer) => `L${layer} ${formatNumber(mean)}`).join(', ')}. ${words}.`}
        >
          {x.ticks(4).map((tick) => (
            <g key={tick} className="hs-kept__tick" transform={`translate(${x(tick)} 0)`}>
              <line y1={TOP} y2={below} />
              <text y={below + 13} textAnchor="middle">
                {formatTick(tick)}
              </text>
            </g>
          ))}
          {shares.layers.map(({ mean, heads }, layer) => {
            const y = TOP + layer * rowPx;
            return (
              <g key={layer}>
                <text className="hs-kept__axis" x={LEFT - 5} y={y + rowPx / 2} dy="0.35em" textAnchor="end">
                  {(rowPx >= 11 || layer % 2 === 0) && `L${layer}`}
                </text>
                <rect
                  className={classNames('hs-kept__bar', layer === selected.layer && 'hs-kept__bar--selected')}
                  x={LEFT}
                  y={y + 1.5}
                  width={Math.max(0, x(mean) - LEFT)}
                  height={rowPx - 3}
                >
                  <title>{`L${layer}: ${formatNumber(mean)} keys, mean of ${heads.length} heads`}</title>
                </rect>
                {heads.map((keys, head) => {
                  const id = { layer, head };
                  return (
                    <path
                      key={head}
                      className={classNames('hs-kept__mark', sameHead(id, selected) && 'hs-kept__mark--selected')}
                      d={`M${x(keys)} ${y + 0.5}v${rowPx - 1}`}
                      onClick={() => selectHead(store, id)}
                    >
                      <title>{`${formatHead(id)}: ${formatNumber(keys)} keys`}</title>
                    </path>
                  );
                })}
              </g>
            );
          })}
          <line className="hs-kept__uniform" x1={uniform} x2={uniform} y1={TOP - 3} y2={below} />
          <text
            className="hs-kept__axis"
            x={Math.max(LEFT + 20, Math.min(right - 20, uniform))}
            y={TOP - 6}
            textAnchor="middle"
          >
            all alike
          </text>
          <text className="hs-kept__axis" x={(LEFT + right) / 2} y={below + 27} textAnchor="middle">
            keys read: bar = mean of the layer, mark = head
          </text>
        </svg>
      </div>
      <p className="hs-small hs-dim">{words}</p>
    </section>
  );
}
