import type { SessionSlice } from '../slice.ts';
import { notesSlice } from './notes.ts';

/** Every slice that this version knows; a feature adds its own here. */
export const SESSION_SLICES: readonly SessionSlice[] = [notesSlice];
