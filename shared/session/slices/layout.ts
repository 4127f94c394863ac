import { z } from 'zod';
import { defineSlice } from '../slice.ts';

const layoutSchema = z.object({
  /** Shares in percent by group and panel. */
  groups: z.record(z.string().max(64), z.record(z.string().max(64), z.number().min(0).max(100))),
});
export type LayoutData = z.infer<typeof layoutSchema>;

/** Sizes of the panels. */
export const layoutSlice = defineSlice({
  id: 'layout',
  name: 'the sizes of the panels',
  version: 1,
  schema: layoutSchema,
  upgrades: [],
});
