import { z } from 'zod';
import { FINAL_NORMS, interventionSchema } from '../../model/intervention.ts';
import { placeExists } from '../../model/place.ts';
import { defineSlice } from '../slice.ts';
import { promptSourceSchema } from './prompt-source.ts';
import { storedTableSchema } from './stored-table.ts';

const name = z.string().max(256);
const count = z.number().int().min(1);

const pinned = z
  .object({
    modelId: name,
    model: name,
    layers: count.max(4096),
    heads: count.max(4096),
    kvHeads: count,
    source: promptSourceSchema,
    tokens: count,
    /** None for the clean run. */
    interventions: z.array(interventionSchema).max(4096),
    /** Left out where it is recomputed. */
    finalNorm: z.enum(FINAL_NORMS).optional(),
    /** Keys pair a score with the same one of what is on screen. */
    scores: z
      .array(z.object({ key: z.string().max(8192), table: storedTableSchema }))
      .min(1)
      .max(1024)
      .refine((scores) => new Set(scores.map(({ key }) => key)).size === scores.length),
  })
  .refine(({ heads, kvHeads }) => heads % kvHeads === 0)
  .refine((model) => model.interventions.every(({ where }) => placeExists(where, model)));
export type StoredReference = z.infer<typeof pinned>;

const referenceSchema = z.object({
  /** Null where nothing is pinned. */
  pinned: pinned.nullable(),
  /** Whether the comparison stands in the place of the plots of all heads. */
  shown: z.boolean(),
  /** Column of the list of heads. */
  sortBy: name,
});
export type ReferenceData = z.infer<typeof referenceSchema>;

/** The result that is pinned as B, with its scores, and how it is compared. */
export const referenceSlice = defineSlice({
  id: 'reference',
  name: 'the pinned result',
  version: 1,
  schema: referenceSchema,
  upgrades: [],
});
