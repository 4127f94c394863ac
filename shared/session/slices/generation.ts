import { z } from 'zod';
import { interventionSchema } from '../../model/intervention.ts';
import { defineSlice } from '../slice.ts';
import { promptSourceSchema } from './prompt-source.ts';

const count = z.number().int().min(0);
const probability = z.number().min(0).max(1);
const choice = z.object({ id: count, display: z.string(), text: z.string(), prob: probability, logit: z.number() });

const settings = z.object({
  maxTokens: z.number().int().min(1).max(32_768),
  choice: z.enum(['greedy', 'sample']),
  temperature: z.number().min(0.01).max(10),
  topK: z.number().int().min(1).max(1_000_000).nullable(),
  topP: z.number().min(0.01).max(1).nullable(),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  stopAtEnd: z.boolean(),
});

const line = z.object({
  promptTokens: count,
  tokens: z
    .array(
      z.object({ id: count, display: z.string(), text: z.string(), prob: probability, top: z.array(choice).max(64) }),
    )
    .max(32_768),
  text: z.string(),
  milliseconds: z.number().min(0),
  end: z.enum(['length', 'end-token', 'stop-text', 'context', 'cancelled', 'interrupted']),
});

const generationSchema = z.object({
  settings,
  /** What the lines were made from; null where there are none. */
  origin: z
    .object({
      modelId: z.string(),
      source: promptSourceSchema,
      cut: z.boolean(),
      interventions: z.array(interventionSchema).max(4096),
      settings,
    })
    .nullable(),
  clean: line.nullable(),
  changed: line.nullable(),
});
export type GenerationData = z.infer<typeof generationSchema>;

/** Settings of generation and what was generated. */
export const generationSlice = defineSlice({
  id: 'generation',
  name: 'the generated text',
  version: 1,
  schema: generationSchema,
  upgrades: [],
});
