import type { SessionSlice } from '../slice.ts';
import { decodeSlice } from './decode.ts';
import { editSlice } from './edit.ts';
import { effectsSlice } from './effects.ts';
import { figureSlice } from './figure.ts';
import { generationSlice } from './generation.ts';
import { labSlice } from './lab.ts';
import { layoutSlice } from './layout.ts';
import { notesSlice } from './notes.ts';
import { promptSlice } from './prompt.ts';
import { referenceSlice } from './reference.ts';
import { scoresSlice } from './scores.ts';
import { viewSlice } from './view.ts';

/** Every slice that this version knows; a feature adds its own here. */
export const SESSION_SLICES: readonly SessionSlice[] = [
  promptSlice,
  editSlice,
  viewSlice,
  scoresSlice,
  effectsSlice,
  labSlice,
  decodeSlice,
  referenceSlice,
  generationSlice,
  figureSlice,
  layoutSlice,
  notesSlice,
];
