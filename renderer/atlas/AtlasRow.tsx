import { memo } from 'react';
import { textOn } from '../../shared/colour/contrast.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import type { ValueScale } from '../../shared/colour/value-scale.ts';
import { formatHead } from '../../shared/model/head-id.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { cellCorner, type AtlasLayout } from './atlas-layout.ts';
import { describeHead } from './describe-head.ts';
import { glyphBars, type Glyph } from './glyphs.ts';
import { scoreOf } from '../../shared/view/atlas/head-order.ts';
import { formatScore, scoreColour, scoreDecimals, type GroundTheme } from '../../shared/view/atlas/score-colours.ts';

export interface AtlasRowProps {
  readonly layer: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly layout: AtlasLayout;
  readonly score: ScoreTable;
  readonly scale: ValueScale;
  readonly ranks: Uint32Array;
  readonly notable: ReadonlySet<number>;
  readonly selectedHead: number | undefined;
  /** `true,false,..` by head: a string, so that rows without a change do not render. */
  readonly ablated: string;
  /** Cells have the colour of their score; else they are clear, over a picture that is drawn elsewhere. */
  readonly coloured: boolean;
  /** Bars in place of the colour; none: the colour. */
  readonly glyphs: readonly Glyph[];
  readonly ground: GroundTheme;
  /** The values are differences: a plus is printed as well. */
  readonly signed: boolean;
  /** Id of the pattern over ablated heads. */
  readonly hatch: string;
}

/** Width of a letter of a value, on average. */
const LETTER_PX = 5;

/** One layer. A row of its own, so that moving the selection touches two rows of a model with thousands of heads. */
export const AtlasRow = memo(function AtlasRow(props: AtlasRowProps) {
  const { layer, heads, kvHeads, layout, score, scale, ranks, notable, selectedHead, coloured, glyphs, ground } = props;
  const { signed, hatch } = props;
  const { pitchPx, rowPx, gapPx } = layout;
  const [width, height] = [pitchPx - gapPx, rowPx - gapPx];
  const ablated = props.ablated.split(',');
  const decimals = scoreDecimals(scale);
  const barred = glyphs.length > 0;
  const showsText = (text: string) => layout.showValues && text.length * LETTER_PX <= width;
  return (
    <g role="row" aria-rowindex={layer + 1}>
      <g role="rowheader" aria-label={`L${layer}`} />
      {Array.from({ length: heads }, (_, head) => {
        const id = { layer, head };
        const [x, y] = cellCorner(layout, id);
        const value = scoreOf(score, id, heads);
        const colour = value === undefined ? undefined : scoreColour(scale, value, ground);
        const off = ablated[head] === 'true';
        const text = formatScore(value, decimals, signed);
        return (
          <g
            key={head}
            role="gridcell"
            className="hs-atlas__cell"
            data-head={formatHead(id)}
            aria-colindex={head + 1}
            aria-selected={selectedHead === head}
            aria-label={describeHead(id, { score, heads, kvHeads, decimals, ranks, ablated: off, signed })}
            tabIndex={selectedHead === head ? 0 : -1}
          >
            {/* The gap belongs to the cell too: no dead space between two heads. */}
            <rect x={x} y={y} width={pitchPx} height={rowPx} fill="transparent" />
            {coloured && (
              <rect
                x={x}
                y={y}
                width={width}
                height={height}
                rx={height >= 16 ? 2 : 0}
                {...(barred
                  ? { className: 'hs-atlas__ground' }
                  : colour
                    ? { fill: toHex(colour) }
                    : { className: 'hs-atlas__empty' })}
              />
            )}
            {coloured &&
              glyphBars(glyphs, layer * heads + head, { x, y, width, height }).map(({ place, ...bar }) => (
                <rect key={place} className={`hs-atlas__bar--${place}`} {...bar} />
              ))}
            {off && (
              <g className="hs-atlas__ablated" data-testid={`ablated-${formatHead(id)}`}>
                <rect x={x} y={y} width={width} height={height} fill={`url(#${hatch})`} />
                <path d={`M${x + 2} ${y + 2}l${width - 4} ${height - 4}m0 ${4 - height}l${4 - width} ${height - 4}`} />
              </g>
            )}
            {coloured && !barred && colour && !off && showsText(text) && notable.has(layer * heads + head) && (
              <text
                className="hs-atlas__value"
                x={x + width / 2}
                y={y + height / 2}
                dy="0.35em"
                textAnchor="middle"
                fill={toHex(textOn(colour))}
              >
                {text}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
});
