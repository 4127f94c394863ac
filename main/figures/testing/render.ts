import type { FigureFormat } from '../../../shared/figure/formats.ts';
import { parseRecipe } from '../../../shared/figure/recipe.ts';
import type { FigureSource } from '../../../shared/figure/source.ts';
import { findApp } from '../../files/app-paths.ts';
import { openFonts } from '../fonts.ts';
import { renderFigure, type RenderedFigure } from '../render-figure.ts';

export const testFonts = await openFonts(findApp().fonts);

/** A whole figure in memory. */
export async function renderBytes(
  recipe: object,
  format: FigureFormat,
  source: FigureSource,
  scale = 1,
): Promise<Omit<RenderedFigure, 'pieces'> & { readonly bytes: Buffer }> {
  const tools = {
    source,
    fonts: testFonts,
    signal: new AbortController().signal,
    progress: () => undefined,
    appVersion: '1.2.3',
  };
  const { pieces, ...facts } = await renderFigure({ recipe: parseRecipe(recipe), format, scale, name: 'fig' }, tools);
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return { ...facts, bytes: Buffer.concat(parts) };
}
