export type DialogName = 'palette' | 'help' | 'folder' | 'models' | 'session';

export interface UiState {
  /** The dialog on top; at most one. */
  readonly dialog: DialogName | undefined;
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

export const initialUi: UiState = { dialog: undefined, hoverToken: undefined, headChosen: false, notice: undefined };
