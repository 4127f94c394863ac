/** How far a head looks back: attention mass by distance, in bins that double. */
import { max, scaleLinear } from 'd3';
import { useId, useRef, useState } from 'react';
import type { HeadProfile } from '../../shared/contract/methods.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { formatProbability, formatTick } from '../../shared/view/map/format-value.ts';
import { useElementSize } from '../map/use-element-size.ts';
import { binsInUse, distanceLabel, distanceStart } from '../../shared/view/atlas/distance-bins.ts';
import './atlas.css';

export interface DistanceProfileProps {
  readonly profile: HeadProfile | undefined;
  readonly head: HeadId;
}

const HEIGHT_PX = 128;
const MARGIN = { left: 36, right: 8, top: 8, bottom: 32 };

export function DistanceProfile({ profile, head }: DistanceProfileProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useElementSize(box);
  const [hover, setHover] = useState<number>();
  const statusId = useId();
  const width = size?.width ?? 300;

  const bins = profile ? Math.min(profile.distance.length, binsInUse(profile.entropy.length)) : 11;
  const mass = profile?.distance.subarray(0, bins);
  const plotWidth = Math.max(40, width - MARGIN.left - MARGIN.right);
  const plotHeight = HEIGHT_PX - MARGIN.top - MARGIN.bottom;
  // Bars no wider than they need to be: a prompt of two tokens has two bins.
  const pitch = Math.min(44, plotWidth / bins);
  const y = scaleLinear()
    .domain([0, Math.max(0.01, mass ? (max(mass) ?? 1) : 1)])
    .nice(3)
    .range([plotHeight, 0]);
  const longest = distanceLabel(bins - 1).length * 6.6;
  const wide = longest + 4 <= pitch;
  const step = wide ? 1 : Math.max(1, Math.ceil((distanceStart(bins - 1).length * 6.8 + 6) / pitch));
  const said = hover !== undefined && hover < bins ? hover : undefined;

  return (
    <figure className="hs-distance" aria-label={`Distance profile of ${formatHead(head)}`}>
      <div ref={box}>
        <svg
          width={width}
          height={HEIGHT_PX}
          role="img"
          aria-label={mass ? summary(mass) : 'No profile yet'}
          onPointerLeave={() => {
            setHover(undefined);
          }}
        >
          <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
            {y.ticks(3).map((tick) => (
              <g key={tick} transform={`translate(0 ${y(tick)})`}>
                <line className="hs-distance__rule" x2={plotWidth} />
                <text className="hs-atlas__text" x={-6} dy="0.35em" textAnchor="end">
                  {formatTick(tick)}
                </text>
              </g>
            ))}
            {mass &&
              Array.from(mass, (value, bin) => (
                <g
                  key={bin}
                  transform={`translate(${bin * pitch} 0)`}
                  onPointerEnter={() => {
                    setHover(bin);
                  }}
                >
                  <rect width={pitch} height={plotHeight} fill="transparent" />
                  <rect
                    className={bin === said ? 'hs-distance__bar hs-distance__bar--hover' : 'hs-distance__bar'}
                    x={pitch * 0.1}
                    width={pitch * 0.8}
                    y={y(value)}
                    height={Math.max(0, plotHeight - y(value))}
                  />
                </g>
              ))}
            {Array.from({ length: bins }, (_, bin) =>
              bin % step === 0 ? (
                <text
                  key={bin}
                  className="hs-atlas__text"
                  x={(bin + 0.5) * pitch}
                  y={plotHeight + 13}
                  textAnchor="middle"
                >
                  {wide ? distanceLabel(bin) : distanceStart(bin)}
                </text>
              ) : null,
            )}
            <text className="hs-atlas__text hs-atlas__text--faint" y={plotHeight + 28}>
              {wide ? 'distance, tokens' : 'distance, tokens (lower end of each bin)'}
            </text>
          </g>
        </svg>
      </div>
      <figcaption className="hs-atlas__status" id={statusId}>
        {mass && said !== undefined
          ? `${distanceLabel(said)} ${said < 2 ? 'token' : 'tokens'} back: ${formatProbability(mass[said]!)} of the attention mass`
          : 'mean attention mass of a row, by distance'}
      </figcaption>
    </figure>
  );
}

/** The chart in a sentence, for those who do not see it. */
function summary(mass: Float32Array): string {
  let most = 0;
  for (let bin = 1; bin < mass.length; bin++) if (mass[bin]! > mass[most]!) most = bin;
  return `Most attention, ${formatProbability(mass[most]!)}, at distance ${distanceLabel(most)}`;
}
