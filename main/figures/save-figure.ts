import { basename, extname } from 'node:path';
import type { FigureFormat } from '../../shared/figure/formats.ts';
import type { FigureRecipe } from '../../shared/figure/recipe.ts';
import type { SavedFigure } from '../../shared/contract/methods.ts';
import { renderFigure, type RenderTools } from './render-figure.ts';
import { writeFigure } from './write-figure.ts';

export interface SaveFigureRequest {
  readonly recipe: FigureRecipe;
  readonly format: FigureFormat;
  readonly scale: number;
  /** Absolute. */
  readonly path: string;
  readonly replace: boolean;
}

/** Writes a figure; a script gets the numbers that it reads, as .npz of the same name. */
export async function saveFigure(
  { recipe, format, scale, path, replace }: SaveFigureRequest,
  tools: RenderTools,
): Promise<SavedFigure> {
  const name = basename(path, extname(path));
  const figure = await renderFigure({ recipe, format, scale, name }, tools);
  const files = [{ path, bytes: await writeFigure(path, figure.pieces, replace) }];
  if (format === 'py') {
    const numbers = `${path.slice(0, path.length - extname(path).length)}.npz`;
    const table = await renderFigure({ recipe, format: 'npz', scale, name }, tools);
    files.push({ path: numbers, bytes: await writeFigure(numbers, table.pieces, replace) });
  }
  const { pixels, sizeMm, notes } = figure;
  return { files, pixels, sizeMm, notes };
}
