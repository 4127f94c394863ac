/** Cells with up to three scores as bars. Pure. */
import type { ValueScale } from '../../shared/colour/value-scale.ts';
import { toUnit } from '../../shared/colour/value-scale.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { isSigned, scoreScale } from '../../shared/view/atlas/score-colours.ts';

export interface Glyph {
  readonly score: ScoreTable;
  readonly scale: ValueScale;
  /** What the score is called, with its origin. */
  readonly name: string;
}

export function glyphOf(score: ScoreTable, name: string): Glyph {
  return { score, scale: scoreScale(score), name };
}

export interface GlyphBar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Of the glyph, for its colour. */
  readonly place: number;
}

/** The bars of a head inside a cell; from its middle where the score is signed. Without a value there is none. */
export function glyphBars(
  glyphs: readonly Glyph[],
  index: number,
  { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): readonly GlyphBar[] {
  const pitch = width / glyphs.length;
  return glyphs.flatMap(({ score, scale }, place) => {
    const value = score.values?.[index];
    if (value === undefined || Number.isNaN(value)) return [];
    const unit = toUnit(scale, value);
    const [from, to] = isSigned(scale) ? [Math.min(0.5, unit), Math.max(0.5, unit)] : [0, unit];
    const gap = pitch >= 6 ? 1 : 0.5;
    return [
      {
        x: x + place * pitch + gap / 2,
        y: y + (1 - to) * height,
        width: pitch - gap,
        height: (to - from) * height,
        place,
      },
    ];
  });
}
