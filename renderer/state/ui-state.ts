import type { FigureViewId } from '../../shared/figure/recipe.ts';

export type DialogName = 'palette' | 'help' | 'folder' | 'models' | 'session' | 'figure' | 'unsaved';

export interface UiState {
  /** The dialog on top; at most one. */
  readonly dialog: DialogName | undefined;
  /** What the figure dialog begins with; undefined = the main one. */
  readonly figureView: FigureViewId | undefined;
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
  hoverToken: undefined,
  headChosen: false,
  notice: undefined,
};
