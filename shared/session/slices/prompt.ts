import { z } from 'zod';
import { defineSlice } from '../slice.ts';
import { promptSourceSchema } from './prompt-source.ts';

const promptSchema = z.object({
  text: z.string(),
  /** What the ids editor holds, for a model without a tokenizer. */
  idsText: z.string(),
  bos: z.boolean(),
  mode: z.enum(['edit', 'tokens']),
  /** What the runs on screen were made from; null where there are none. */
  ran: z.object({ source: promptSourceSchema, cut: z.boolean() }).nullable(),
});
export type PromptData = z.infer<typeof promptSchema>;

/** The editor and what was run. */
export const promptSlice = defineSlice({
  id: 'prompt',
  name: 'the prompt',
  version: 1,
  schema: promptSchema,
  upgrades: [],
});
