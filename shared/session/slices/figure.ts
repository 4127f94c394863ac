import { z } from 'zod';
import { FIGURE_FORMATS } from '../../figure/formats.ts';
import { defineSlice } from '../slice.ts';

const figureSchema = z.object({
  widthMm: z.number().min(20).max(3000),
  fontPt: z.number().min(4).max(48),
  dpi: z.number().min(20).max(9600),
  theme: z.enum(['light', 'dark']),
  caption: z.boolean(),
  title: z.string().max(400),
  format: z.enum(FIGURE_FORMATS),
  area: z.enum(['whole', 'sight', 'rectangle']),
});
export type FigureData = z.infer<typeof figureSchema>;

/** Settings of figures. */
export const figureSlice = defineSlice({
  id: 'figure',
  name: 'the settings of figures',
  version: 1,
  schema: figureSchema,
  upgrades: [],
});
