import type { LabAbout } from '../../shared/model/lab.ts';
import { partsOf } from '../lab-kept/token-names.ts';
import type { MapLayout } from '../map/layout.ts';
import type { Viewport } from '../map/viewport.ts';

interface LabMarksProps {
  readonly about: LabAbout;
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  /** Dense attention has no first query under a method. */
  readonly hasBoundary: boolean;
}

/** Of the bars along the axes, between the plot and its labels. */
const BAR = { offsetPx: 6, widthPx: 3 };

/** The row at which methods begin, and where question and answer are, beside the map. */
export function LabMarks({ about, layout, viewport, hasBoundary }: LabMarksProps) {
  const { plot, panel } = layout;
  const along = (token: number, start: number, lengthPx: number) =>
    Math.max(0, Math.min(lengthPx, (token - start) * viewport.cellPx));
  const y = (about.promptLength - viewport.query) * viewport.cellPx;
  const isInside = hasBoundary && about.promptLength < about.tokens && y > 0 && y < plot.height;
  return (
    <svg className="hs-map__axes-layer" width={panel.width} height={panel.height} aria-hidden="true">
      {partsOf(about)
        .filter(({ name }) => name !== 'context')
        .map(({ name, start, end }) => {
          const [left, right] = [start, end].map((token) => along(token, viewport.key, plot.width)) as [number, number];
          const [top, bottom] = [start, end].map((token) => along(token, viewport.query, plot.height)) as [
            number,
            number,
          ];
          return (
            <g key={name} className={`hs-lab-maps__part hs-lab-maps__part--${name}`}>
              <rect x={plot.x + left} y={plot.y - BAR.offsetPx} width={right - left} height={BAR.widthPx} />
              <rect x={plot.x - BAR.offsetPx} y={plot.y + top} width={BAR.widthPx} height={bottom - top} />
            </g>
          );
        })}
      {isInside && (
        <g className="hs-lab-maps__boundary" transform={`translate(${plot.x} ${Math.round(plot.y + y) - 0.5})`}>
          <line x2={plot.width} />
          <line x2={plot.width} />
        </g>
      )}
    </svg>
  );
}
