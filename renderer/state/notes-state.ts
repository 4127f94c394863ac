export interface NotesState {
  readonly text: string;
}

export const initialNotes: NotesState = { text: '' };
