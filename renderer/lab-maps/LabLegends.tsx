import type { MethodTileValue } from '../../shared/model/method-views.ts';
import { mapColours, type Extent } from '../../shared/view/map/map-colours.ts';
import { METHOD_TINTS, METHOD_VALUE_UNITS, methodColours, TINT_OF } from '../../shared/view/map/method-map.ts';
import { CellLegend } from '../map/CellLegend.tsx';
import type { ThemeColours } from '../map/use-theme-colours.ts';

/** One value that is shown, and the ends that its maps have in common. */
export interface LegendOf {
  readonly value: MethodTileValue;
  readonly domain: Extent | undefined;
}

interface LabLegendsProps {
  readonly values: readonly LegendOf[];
  readonly options: Parameters<typeof methodColours>[1];
  readonly theme: ThemeColours;
  readonly hasQuestion: boolean;
  readonly hasAnswer: boolean;
}

const WIDTH_PX = 172;

/** One colour scale for all maps of a value, and what else has a colour. */
export function LabLegends({ values, options, theme, hasQuestion, hasAnswer }: LabLegendsProps) {
  const tints = new Set(values.map(({ value }) => TINT_OF[value]));
  return (
    <div className="hs-lab-maps__legends">
      {values.map(({ value, domain }) => {
        const question = { ...methodColours(value, options), shown: undefined, overview: undefined };
        const colours = mapColours({ ...question, domain: question.domain ?? domain });
        const open = { low: colours.scale.kind === 'log', high: false };
        return (
          <CellLegend
            key={value}
            tiles={{ colours, open }}
            unit={METHOD_VALUE_UNITS[value]}
            isDifference={value === 'difference'}
            mark={undefined}
            width={WIDTH_PX}
          />
        );
      })}
      <ul className="hs-lab-maps__swatches" aria-label="Tints and marks">
        {tints.has('dropped') && <Swatch colour={METHOD_TINTS.dropped[theme.theme]} name="not read" />}
        {tints.has('read') && <Swatch colour={METHOD_TINTS.read[theme.theme]} name="read" />}
        <Swatch colour={theme.mask} name="masked" />
        <li>
          <svg className="hs-lab-maps__boundary" width={16} height={10} aria-hidden="true">
            <line y1={5.5} y2={5.5} x2={16} />
            <line y1={5.5} y2={5.5} x2={16} />
          </svg>
          first query under the methods
        </li>
        {hasQuestion && <Swatch part="question" name="question" />}
        {hasAnswer && <Swatch part="answer" name="answer" />}
      </ul>
    </div>
  );
}

interface SwatchProps {
  readonly name: string;
  readonly colour?: string;
  readonly part?: 'question' | 'answer';
}

function Swatch({ name, colour, part }: SwatchProps) {
  return (
    <li>
      <span
        className={part === undefined ? 'hs-lab-maps__swatch' : `hs-lab-maps__swatch hs-lab-maps__swatch--${part}`}
        style={colour === undefined ? undefined : { background: colour }}
      />
      {name}
    </li>
  );
}
