import { formatTick } from '../../shared/view/map/format-value.ts';
import type { Glyph } from './glyphs.ts';

/** Which bar of a cell is which score, and what its full height is. */
export function GlyphLegend({ glyphs }: { readonly glyphs: readonly Glyph[] }) {
  return (
    <ul className="hs-glyphs" aria-label="Bars in the cells">
      {glyphs.map(({ score: { info }, scale, name }, place) => (
        <li key={`${place}-${name}`}>
          <span className={`hs-glyphs__swatch hs-atlas__bar--${place}`} aria-hidden="true" />
          {name}
          <span className="hs-dim">
            {' '}
            {formatTick(scale.lo)} to {formatTick(scale.hi)} {info.unit}
          </span>
        </li>
      ))}
    </ul>
  );
}
