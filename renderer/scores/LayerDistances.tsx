import { max } from 'd3';
import { useMemo, useState } from 'react';
import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { binsInUse, distanceLabel, distanceStart } from '../../shared/view/atlas/distance-bins.ts';
import { layerDistances } from '../../shared/view/atlas/layer-distances.ts';
import { formatProbability } from '../../shared/view/format.ts';
import type { RunDistances } from '../engine/data-keys.ts';

interface LayerDistancesProps {
  readonly distances: RunDistances;
  readonly heads: number;
  readonly tokens: number;
  readonly width: number;
  readonly height: number;
  readonly selectedLayer: number;
  readonly onSelect: (layer: number) => void;
}

const INSET = { left: 30, right: 6, top: 4, bottom: 44 };
const LABEL_PX = 11;

/** How far the heads of each layer look back on average: the spatial profile of the model. */
export function LayerDistances(props: LayerDistancesProps) {
  const { distances, heads, tokens, width, height, selectedLayer, onSelect } = props;
  const [pointed, setPointed] = useState<{ readonly layer: number; readonly bin: number } | undefined>(undefined);
  const profile = useMemo(() => layerDistances(distances, heads), [distances, heads]);
  const layers = profile.length / distances.bins;
  const bins = Math.min(distances.bins, binsInUse(tokens));
  const most = Math.max(0.01, max(profile) ?? 1);
  const [columnPx, rowPx] = [(width - INSET.left - INSET.right) / bins, (height - INSET.top - INSET.bottom) / layers];
  const lut = lutOf('viridis');
  const step = Math.max(1, Math.ceil((distanceStart(bins - 1).length * 6.5 + 6) / columnPx));
  const rowStep = Math.max(1, Math.ceil(LABEL_PX / rowPx));
  const massAt = (layer: number, bin: number) => profile[layer * distances.bins + bin]!;
  const said = pointed ?? { layer: selectedLayer, bin: undefined };
  return (
    <svg
      className="hs-plot hs-layer-distances"
      width={width}
      height={height}
      role="img"
      aria-label={`Attention mass by distance of each of ${layers} layers, mean over heads, up to ${formatProbability(most)}`}
      onPointerLeave={() => setPointed(undefined)}
    >
      {Array.from({ length: layers }, (_, layer) => (
        <g key={layer} onClick={() => onSelect(layer)}>
          {layer % rowStep === 0 && (
            <text
              className="hs-layer-distances__tick"
              x={INSET.left - 5}
              y={INSET.top + (layer + 0.5) * rowPx}
              dy="0.35em"
              textAnchor="end"
            >
              L{layer}
            </text>
          )}
          {Array.from({ length: bins }, (_bin, bin) => (
            <rect
              key={bin}
              x={INSET.left + bin * columnPx}
              y={INSET.top + layer * rowPx}
              width={Math.max(0.5, columnPx - 1)}
              height={Math.max(0.5, rowPx - 1)}
              fill={toHex(sampleLut(lut, massAt(layer, bin) / most))}
              onPointerEnter={() => setPointed({ layer, bin })}
            />
          ))}
        </g>
      ))}
      <rect
        className="hs-layer-distances__ring"
        x={INSET.left - 1}
        y={INSET.top + selectedLayer * rowPx - 1}
        width={bins * columnPx + 1}
        height={rowPx + 1}
      />
      {Array.from({ length: bins }, (_, bin) => bin)
        .filter((bin) => bin % step === 0)
        .map((bin) => (
          <text
            key={bin}
            className="hs-layer-distances__tick"
            x={INSET.left + (bin + 0.5) * columnPx}
            y={height - INSET.bottom + 13}
            textAnchor="middle"
          >
            {distanceStart(bin)}
          </text>
        ))}
      <text className="hs-layer-distances__tick" x={INSET.left} y={height - 18}>
        distance in tokens; dark 0, bright {formatProbability(most)}
      </text>
      <text className="hs-layer-distances__tick" x={INSET.left} y={height - 4}>
        {said.bin === undefined
          ? `L${said.layer} selected`
          : `L${said.layer}, ${distanceLabel(said.bin)} tokens back: ${formatProbability(massAt(said.layer, said.bin))} of the mass`}
      </text>
    </svg>
  );
}
