import type { FigureViewId } from '../../shared/figure/recipe.ts';
import type { HeadId } from '../../shared/model/head-id.ts';

export type DialogName =
  'palette' | 'help' | 'folder' | 'models' | 'session' | 'figure' | 'unsaved' | 'scores' | 'probe';

/** What the score that is being chosen is for. */
export type ScoreTarget = 'atlas' | 'glyphs' | 'columns' | 'x' | 'y';

export interface UiState {
  /** The dialog on top; at most one. */
  readonly dialog: DialogName | undefined;
  /** What the figure dialog begins with; undefined = the main one. */
  readonly figureView: FigureViewId | undefined;
  readonly scoreTarget: ScoreTarget;
  /** Head under the pointer, in the atlas, a list or a plot. */
  readonly hoverHead: HeadId | undefined;
  /** Token under the pointer, in the strip or on the map. */
  readonly hoverToken: number | undefined;
  /** The automatic choice of the head gives way to the first choice of the person. */
  readonly headChosen: boolean;
  readonly notice: Notice | undefined;
}

export interface Notice {
  readonly tone: 'info' | 'bad';
  readonly text: string;
}

export const initialUi: UiState = {
  dialog: undefined,
  figureView: undefined,
  scoreTarget: 'atlas',
  hoverHead: undefined,
  hoverToken: undefined,
  headChosen: false,
  notice: undefined,
};
