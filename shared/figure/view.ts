import type { FigureOrigin } from './origin.ts';
import type { FigureViewId, RecipeOf } from './recipe.ts';
import type { MeasureText, Scene } from './scene.ts';
import type { FigureJob } from './source.ts';
import type { FigureTable } from './table.ts';

/** A kind of figure. `scene` and `table` are pure: the same data give the same figure. */
export interface FigureView<V extends FigureViewId, Data> {
  readonly id: V;
  load(recipe: RecipeOf<V>, job: FigureJob): Promise<Data>;
  scene(recipe: RecipeOf<V>, data: Data, measure: MeasureText): Scene;
  /** Rejects with `too-large` where the numbers are too many for a file of them. */
  table(recipe: RecipeOf<V>, data: Data): Promise<FigureTable>;
  /** matplotlib on what `table` holds, without imports: `data` is the opened .npz, `ax` the axes. */
  python(recipe: RecipeOf<V>): readonly string[];
}

/** A view whose data have been fetched. */
export interface LoadedFigure {
  scene(measure: MeasureText): Scene;
  table(): Promise<FigureTable>;
  readonly python: readonly string[];
  readonly origin: FigureOrigin;
  /** What the person should know of it, in sentences. */
  readonly notes: readonly string[];
}

/** Data say what they are of, and what could not be had, in sentences. */
export interface Noted {
  readonly origin: FigureOrigin;
  readonly notes: readonly string[];
}

export async function loadFigure<V extends FigureViewId, Data extends Noted>(
  view: FigureView<V, Data>,
  recipe: RecipeOf<V>,
  job: FigureJob,
): Promise<LoadedFigure> {
  const data = await view.load(recipe, job);
  return {
    scene: (measure) => view.scene(recipe, data, measure),
    table: () => view.table(recipe, data),
    python: view.python(recipe),
    origin: data.origin,
    notes: data.notes,
  };
}
