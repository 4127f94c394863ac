import { z } from 'zod';
import { defineSlice } from '../slice.ts';
import { choiceSchema, storedLab } from '../stored-lab.ts';

const index = z.number().int().min(0);

const decodeSchema = z.object({
  choice: choiceSchema,
  maxTokens: z.number().int().min(1).max(4096),
  /** As of the slice `lab`. */
  result: storedLab.decode.nullable(),
  under: z.enum(['method', 'dense']),
  step: index,
  key: index.nullable(),
});
export type DecodeData = z.infer<typeof decodeSchema>;

/** Tokens generated under a method, and beside it under dense attention. */
export const decodeSlice = defineSlice({
  id: 'decode',
  name: 'what was generated under a method',
  version: 1,
  schema: decodeSchema,
  upgrades: [],
});
