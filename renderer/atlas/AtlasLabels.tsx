import { memo } from 'react';
import { formatGroup } from '../../shared/model/head-id.ts';
import type { Place } from '../../shared/model/place.ts';
import { headNumberStep } from '../../shared/view/atlas/head-number-step.ts';
import { classNames } from '../base/class-names.ts';
import { cellCorner, type AtlasLayout } from './atlas-layout.ts';

interface AtlasLabelsProps {
  readonly layout: AtlasLayout;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Of the selected head: a bracket stands over all layers. */
  readonly layer?: number | undefined;
  /** A layer or a KV group was clicked, to be changed as a whole. By keyboard such places are typed. */
  readonly onPlace?: ((place: Place) => void) | undefined;
}

/**
 * Head numbers with a bracket over each KV group, and layer numbers. They stay at the edges of the box while the grid
 * scrolls under them. For the eye only: cells and rows of the grid have names of their own.
 */
export const AtlasLabels = memo(function AtlasLabels(props: AtlasLabelsProps) {
  const { layout, layers, heads, kvHeads, onPlace } = props;
  const { pitchPx, rowPx, gapPx, leftPx, topPx, width, height } = layout;
  const step = headNumberStep(pitchPx, heads);
  return (
    <>
      <svg className="hs-atlas__labels hs-atlas__labels--heads" width={width} height={topPx - 2} aria-hidden="true">
        {kvHeads < heads && <GroupBrackets {...props} />}
        {Array.from({ length: heads }, (_, head) =>
          head % step === 0 ? (
            <text
              key={head}
              className="hs-atlas__text hs-atlas__text--faint"
              x={leftPx + head * pitchPx + (pitchPx - gapPx) / 2}
              y={topPx - 4}
              textAnchor="middle"
            >
              {head}
            </text>
          ) : null,
        )}
      </svg>
      <svg className="hs-atlas__labels hs-atlas__labels--layers" width={leftPx - 2} height={height} aria-hidden="true">
        {Array.from({ length: layers }, (_, layer) => (
          <text
            key={layer}
            className={classNames('hs-atlas__text', onPlace && 'hs-atlas__place')}
            onClick={onPlace && (() => onPlace({ layer }))}
            x={leftPx - 6}
            y={cellCorner(layout, { layer, head: 0 })[1] + (rowPx - gapPx) / 2}
            dy="0.35em"
            textAnchor="end"
          >
            {onPlace && <title>{`Change all of layer ${layer}`}</title>}
            {`L${layer}`}
          </text>
        ))}
      </svg>
      <div className="hs-atlas__labels hs-atlas__labels--corner" style={{ width: leftPx - 2, height: topPx - 2 }} />
    </>
  );
});

function GroupBrackets({ layout, heads, kvHeads, layer, onPlace }: AtlasLabelsProps) {
  const { pitchPx, gapPx, leftPx } = layout;
  const groupPx = (heads / kvHeads) * pitchPx;
  // `KV12` needs about 28 px; in narrower groups only the number stands, or every other one.
  const name = (group: number) => (groupPx >= 30 ? `KV${group}` : String(group));
  const nameStep = groupPx >= 16 ? 1 : Math.ceil(16 / groupPx);
  return Array.from({ length: kvHeads }, (_, group) => {
    const x = leftPx + group * groupPx + 0.5;
    const place = onPlace && layer !== undefined ? { layer, kvHead: group } : undefined;
    return (
      <g key={group} className={place && 'hs-atlas__place'} onClick={place && (() => onPlace?.(place))}>
        {place && <title>{`Change the KV group ${formatGroup(place.layer, group)}`}</title>}
        <path className="hs-atlas__bracket" d={`M${x + 1} 17v-3h${Math.max(1, groupPx - gapPx - 2)}v3`} />
        {group % nameStep === 0 && (
          <text className="hs-atlas__text" x={x + (groupPx - gapPx) / 2} y={10} textAnchor="middle">
            {name(group)}
          </text>
        )}
      </g>
    );
  });
}
