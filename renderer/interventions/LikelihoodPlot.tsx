import { max } from 'd3';
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatCount, formatLimit, formatNumber, formatSigned } from '../../shared/view/format.ts';
import { classNames } from '../base/class-names.ts';
import { useElementWidth } from '../components/use-element-width.ts';
import { binSigned } from '../../shared/view/interventions/bin-signed.ts';

interface LikelihoodPlotProps {
  /** `change`: of -log p, nats, signed, NaN at 0. `kl`: of the distribution after each position, nats. */
  readonly of: 'change' | 'kl';
  /** A value a token. */
  readonly delta: Float32Array;
  /** Of the scale, where several plots stand on one; else that of the values. */
  readonly limit?: number | undefined;
  /** Whose they are, where several plots stand below each other. */
  readonly name?: string | undefined;
  /** They are those of an earlier run. */
  readonly stale?: boolean;
  readonly tokens: readonly TokenView[];
  readonly hover: number | undefined;
  readonly pinned: number | undefined;
  readonly onHover: (index: number | undefined) => void;
  readonly onPin: (index: number) => void;
}

/** While no token is pointed at: what the bars are. */
const CAPTIONS = {
  change: 'Change of −log p per token, ablated − clean, nats: up = less likely, down = more likely.',
  kl: 'KL(clean ‖ ablated) of what is expected after each token, nats.',
} as const;
const NAMES = { change: 'Change of −log p per token', kl: 'KL(clean ‖ ablated) after each token' } as const;

const HEIGHT = 96;
const LEFT = 46;
const BOTTOM = 16;
const TOP = 6;

/** Which tokens became less (up) or more (down) likely, or how far the prediction moved, along the prompt. */
export function LikelihoodPlot(props: LikelihoodPlotProps) {
  const { of, delta, name, stale = false, tokens, hover, pinned, onHover, onPin } = props;
  const [ref, width] = useElementWidth();
  const [pointed, setPointed] = useState<number | undefined>(undefined);
  const plotWidth = Math.max(0, width - LEFT - 8);
  const bins = useMemo(() => binSigned(delta, Math.max(1, Math.floor(plotWidth / 2))), [delta, plotWidth]);
  const limit = Math.max(0.01, props.limit ?? max(bins, ({ value }) => Math.abs(value)) ?? 0);

  const isSigned = of === 'change';
  const half = (HEIGHT - TOP - BOTTOM) / (isSigned ? 2 : 1);
  const zero = TOP + half;
  const title = name === undefined ? NAMES[of] : `${NAMES[of]}, ${name}`;
  const columnWidth = bins.length === 0 ? 0 : plotWidth / bins.length;
  const xOf = (index: number) => LEFT + ((index + 0.5) / delta.length) * plotWidth;
  const shown = pointed ?? hover;

  function binAt({ clientX, currentTarget }: PointerEvent<SVGSVGElement>): number | undefined {
    const x = clientX - currentTarget.getBoundingClientRect().left - LEFT;
    return bins[Math.floor(x / columnWidth)]?.index;
  }

  function point(index: number | undefined): void {
    setPointed(index);
    onHover(index);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      point(Math.max(0, Math.min(delta.length - 1, (pointed ?? pinned ?? -1) + step)));
    } else if (event.key === 'Enter' && pointed !== undefined) {
      onPin(pointed);
    }
  }

  return (
    <div className={classNames('hs-likelihood', stale && 'hs-stale')} ref={ref}>
      <svg
        width={width}
        height={HEIGHT}
        role="application"
        aria-roledescription="plot"
        aria-label={`${title}, ${isSigned ? 'between −' : 'up to '}${formatLimit(limit)}${isSigned ? ` and +${formatLimit(limit)}` : ''} nats. Arrow keys read it token by token.`}
        tabIndex={0}
        onPointerMove={(event) => point(binAt(event))}
        onPointerLeave={() => point(undefined)}
        onClick={() => pointed !== undefined && onPin(pointed)}
        onKeyDown={onKeyDown}
        onBlur={() => point(undefined)}
      >
        {(isSigned ? [limit, 0, -limit] : [limit, 0]).map((tick) => (
          <g key={tick} transform={`translate(0, ${zero - (tick / limit) * half})`}>
            <line className="hs-likelihood__line" x1={LEFT} x2={LEFT + plotWidth} />
            <text className="hs-likelihood__tick" x={LEFT - 6} dy="0.35em" textAnchor="end">
              {isSigned && tick !== 0 ? `${tick < 0 ? '−' : '+'}${formatLimit(limit)}` : formatLimit(tick)}
            </text>
          </g>
        ))}
        {bins.map(({ value }, column) => (
          <rect
            key={column}
            className={value > 0 ? 'hs-likelihood__up' : 'hs-likelihood__down'}
            x={LEFT + column * columnWidth}
            width={Math.max(1, columnWidth - (columnWidth > 3 ? 1 : 0))}
            y={value > 0 ? zero - (value / limit) * half : zero}
            height={(Math.abs(value) / limit) * half}
          />
        ))}
        {pinned !== undefined && (
          <line className="hs-likelihood__pin" x1={xOf(pinned)} x2={xOf(pinned)} y1={TOP} y2={HEIGHT - BOTTOM} />
        )}
        {shown !== undefined && shown < delta.length && (
          <line className="hs-likelihood__hover" x1={xOf(shown)} x2={xOf(shown)} y1={TOP} y2={HEIGHT - BOTTOM} />
        )}
        <text className="hs-likelihood__tick" x={LEFT} y={HEIGHT - 3}>
          token 0
        </text>
        <text className="hs-likelihood__tick" x={LEFT + plotWidth} y={HEIGHT - 3} textAnchor="end">
          {formatCount(delta.length - 1)}
        </text>
      </svg>
      <p className="hs-likelihood__reading" aria-live="polite">
        {name !== undefined && `${name}. `}
        {shown === undefined || shown >= delta.length ? CAPTIONS[of] : reading(of, shown, tokens, delta)}
      </p>
    </div>
  );
}

/** In words what three decimals show. */
function direction(value: number): string {
  if (Math.abs(value) < 0.0005) return 'as likely as before';
  return `${value > 0 ? 'less' : 'more'} likely when ablated`;
}

function reading(
  of: LikelihoodPlotProps['of'],
  index: number,
  tokens: readonly TokenView[],
  delta: Float32Array,
): string {
  const value = delta[index] ?? NaN;
  if (of === 'kl') {
    return `After token ${formatCount(index)} “${tokens[index]?.display ?? ''}”: KL ${formatNumber(value)} nats`;
  }
  const change = Number.isNaN(value)
    ? 'nothing predicts the first token'
    : `Δ −log p ${formatSigned(value, 3)} nats (${direction(value)})`;
  return `Token ${formatCount(index)} “${tokens[index]?.display ?? ''}”: ${change}`;
}
