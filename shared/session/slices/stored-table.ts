import { z } from 'zod';
import { BADGES } from '../../model/badge.ts';
import { SCORE_COSTS, SCORE_DATA, SCORE_GRANULARITIES, SCORE_GROUPS } from '../../model/score.ts';
import { exactValues } from '../exact-values.ts';

const name = z.string().max(256);
const text = z.string().max(4096);
const index = z.number().int().min(0);
const numbers = z.record(name, z.number());

const info = z.object({
  id: z.string().min(1).max(64),
  name,
  group: z.enum(SCORE_GROUPS),
  unit: name,
  definition: text,
  source: text,
  badge: z.enum(BADGES),
  granularity: z.enum(SCORE_GRANULARITIES),
  data: z.enum(SCORE_DATA),
  cost: z.enum(SCORE_COSTS),
  parameters: z
    .array(
      z.object({
        id: name,
        name,
        meaning: text,
        default: z.number().nullable(),
        min: z.number(),
        max: z.number(),
        integer: z.boolean(),
        choices: z.array(name).max(64).exactOptional(),
      }),
    )
    .max(64),
  floor: text.nullable(),
  domain: z.tuple([z.number().nullable(), z.number().nullable()]),
});

/** A score of every head, or the reason why it has none. */
export const storedTableSchema = z.object({
  info,
  /** [layers x heads], like everything that is not said to be otherwise. */
  values: exactValues.nullable(),
  notApplicable: text.nullable(),
  parameters: numbers,
  /** One number. */
  floor: exactValues.nullable(),
  spread: z
    .object({ prompts: index, deviation: exactValues, active: exactValues, low: exactValues, high: exactValues })
    .nullable(),
});
export type StoredTable = z.infer<typeof storedTableSchema>;
