import { z } from 'zod';
import { HEAD_KINDS } from '../../model/head-kinds.ts';
import { exactValues } from '../exact-values.ts';
import { MOST_NOTE_LETTERS } from '../score-limits.ts';
import { defineSlice } from '../slice.ts';
import { storedTableSchema } from './stored-table.ts';

const name = z.string().max(256);
const text = z.string().max(4096);
const index = z.number().int().min(0);
const numbers = z.record(name, z.number());

const tables = z.array(storedTableSchema).max(256);

const retrieval = z.object({
  kept: index,
  gate: text,
  activation: exactValues,
  attempted: exactValues,
  tokens: index.max(32),
  /** [tokens, layers x heads] in float32. */
  hits: exactValues,
});
export type StoredRetrieval = z.infer<typeof retrieval>;

const origin = z.object({
  id: z.string().regex(/^(probe|file|sweep)-\d{1,9}$/),
  kind: z.enum(['probe', 'file', 'sweep']),
  name,
  detail: text,
  probe: name.nullable(),
  modelId: name,
  tables,
  retrieval: retrieval.nullable(),
});
export type StoredOrigin = z.infer<typeof origin>;

const scoresSchema = z.object({
  /** What probe sets, files of others and sweeps gave. */
  origins: z
    .array(origin)
    .max(256)
    .refine((origins) => new Set(origins.map(({ id }) => id)).size === origins.length),
  /** Of the weights, as they were computed; null where they were not. */
  weightTables: z.object({ modelId: name, tables }).nullable(),
  /** What is to be computed of a live model. */
  further: z.boolean(),
  weights: z.boolean(),
  /** Other than the defaults, by score. */
  parameters: z.record(name, numbers),
  /** Keys of scores, here and below. */
  glyphs: z.array(name).max(3),
  columns: z.array(name).max(256).nullable(),
  scatter: z.object({ x: name.nullable(), y: name.nullable() }),
  filter: z.object({
    layers: z.tuple([index, index]).nullable(),
    kinds: z.array(z.enum(HEAD_KINDS)).max(HEAD_KINDS.length),
    group: index.nullable(),
    threshold: z.object({ score: name, value: z.number() }).nullable(),
    brushed: z
      .array(index)
      .max(2 ** 16)
      .nullable(),
  }),
  /** On heads, by model. */
  notes: z.record(name, z.record(z.string().regex(/^L\d{1,4}H\d{1,4}$/), z.string().max(MOST_NOTE_LETTERS))),
});
export type ScoresData = z.infer<typeof scoresSchema>;

/** Scores beyond those of the runs, how they are shown, what heads are narrowed down to by them, notes on heads. */
export const scoresSlice = defineSlice({
  id: 'scores',
  name: 'the scores of probe sets and files, and the notes on heads',
  version: 1,
  schema: scoresSchema,
  upgrades: [],
});
