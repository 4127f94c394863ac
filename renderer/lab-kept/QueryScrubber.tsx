import { useEffect, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { niceCeil } from '../../shared/colour/value-scale.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { binAlong } from '../../shared/view/map/bin-along.ts';
import { formatTick } from '../../shared/view/map/format-value.ts';
import { Button } from '../components/Button.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { useElementWidth } from '../components/use-element-width.ts';
import { tokenName } from './token-names.ts';

interface QueryScrubberProps {
  /** Queries under the method. */
  readonly first: number;
  readonly last: number;
  readonly query: number;
  readonly onQuery: (query: number) => void;
  /** Lost mass of each, mean over layers and heads. */
  readonly lost: Float64Array;
  readonly displays: readonly string[];
}

const HEIGHT = 46;
const LEFT = 40;
const RIGHT = 8;
const TOP = 5;
const BOTTOM = 4;
const PLAY_MS = 250;
const FAR = 10;

/** Which query is looked at: a slider over the line of what each of them lost. */
export function QueryScrubber({ first, last, query, onQuery, lost, displays }: QueryScrubberProps) {
  const [ref, width] = useElementWidth();
  const [isPlaying, setPlaying] = useState(false);
  const count = last - first + 1;
  const plot = Math.max(40, width - LEFT - RIGHT);
  const cellPx = plot / count;
  const top = niceCeil(Math.max(...lost, 1e-6));
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const stretches = binAlong(lost, { start: 0, cellPx, lengthPx: plot, pixelRatio: 1 }, 'max');
  const line = stretches.map(({ startPx, endPx, value }) => `L${startPx} ${y(value).toFixed(1)}H${endPx}`).join('');
  const x = (query - first + 0.5) * cellPx;
  const words = `query ${tokenName(displays, query)}, lost mass ${formatNumber(lost[query - first] ?? NaN)}`;

  const go = (to: number) => {
    setPlaying(false);
    onQuery(Math.max(first, Math.min(last, to)));
  };
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setTimeout(() => {
      if (query >= last) setPlaying(false);
      else onQuery(query + 1);
    }, PLAY_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, query, last, onQuery]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: FAR, PageDown: -FAR }[event.key];
    const end = { Home: first, End: last }[event.key];
    const to = end ?? (step === undefined ? undefined : query + step * (event.shiftKey ? FAR : 1));
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    go(to);
  };
  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons % 2 === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    go(first + Math.floor((event.clientX - box.x - LEFT) / cellPx));
  };

  return (
    <div className="hs-kept__scrubber">
      <div className="hs-kept__moves">
        {!stands() && (
          <Button
            small
            disabled={count < 2}
            onClick={() => {
              if (!isPlaying && query >= last) onQuery(first);
              setPlaying(!isPlaying);
            }}
          >
            {isPlaying ? 'Pause' : 'Play'}
          </Button>
        )}
        <Button small icon aria-label="Query before" disabled={query <= first} onClick={() => go(query - 1)}>
          ‹
        </Button>
        <NumberSetting
          className="hs-kept__query"
          label="query"
          title={`Queries ${first} to ${last} are under the method`}
          value={query}
          min={first}
          max={last}
          onChange={go}
        />
        <Button small icon aria-label="Next query" disabled={query >= last} onClick={() => go(query + 1)}>
          ›
        </Button>
      </div>
      <div
        ref={ref}
        className="hs-kept__slider"
        role="slider"
        tabIndex={0}
        aria-label="Query that is looked at"
        aria-valuemin={first}
        aria-valuemax={last}
        aria-valuenow={query}
        aria-valuetext={words}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          onPointer(event);
        }}
        onPointerMove={onPointer}
      >
        <svg width={Math.max(LEFT + 40 + RIGHT, width)} height={HEIGHT} aria-hidden="true">
          {[0, top].map((tick) => (
            <g key={tick} className="hs-kept__tick" transform={`translate(0 ${y(tick)})`}>
              <line x1={LEFT} x2={LEFT + plot} />
              <text x={LEFT - 5} y={tick === 0 ? -1 : 6} textAnchor="end">
                {formatTick(tick)}
              </text>
            </g>
          ))}
          <g transform={`translate(${LEFT} 0)`}>
            <path className="hs-kept__area" d={`M0 ${y(0)}${line}V${y(0)}Z`} />
            <path className="hs-kept__line" d={line.replace('L', 'M')} />
            <line className="hs-kept__now" x1={x} x2={x} y1={0} y2={HEIGHT} />
            <circle className="hs-kept__now" cx={x} cy={y(lost[query - first] ?? 0)} r={3.5} />
          </g>
        </svg>
      </div>
      <p className="hs-small hs-dim hs-kept__said">
        {`${words.charAt(0).toUpperCase()}${words.slice(1)}, mean over layers and heads`}
        {cellPx < 1 && `; the line is the maximum of ${Math.ceil(1 / cellPx)} queries a pixel`}
      </p>
    </div>
  );
}

/** The person asked for no motion. */
function stands(): boolean {
  return typeof window.matchMedia === 'function' && window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}
