import { z } from 'zod';
import { defineSlice } from '../slice.ts';

const notesSchema = z.object({ text: z.string() });
export type NotesData = z.infer<typeof notesSchema>;

/** What the user wrote down; also in the file as plain `notes.md`. */
export const notesSlice = defineSlice({
  id: 'notes',
  name: 'the notes',
  version: 1,
  schema: notesSchema,
  upgrades: [],
});
