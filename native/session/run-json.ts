/** The readable half of a stored run: `run.json` of a session file. Arrays are in the tables beside it. */
import { z } from 'zod';
import { BADGES } from '../../shared/model/badge.ts';
import { DEVICES } from '../../shared/model/device.ts';
import { FINAL_NORMS, interventionSchema } from '../../shared/model/intervention.ts';
import { SCORE_COSTS, SCORE_DATA, SCORE_GRANULARITIES, SCORE_GROUPS } from '../../shared/model/score.ts';
import { TILE_REDUCERS, TILE_VALUES } from '../../shared/tensor/tile.ts';
import { exact } from './exact-number.ts';
import { storedSinks } from './stored-sinks.ts';

export const RUN_JSON_VERSION = 1;

const count = z.number().int().min(0);
const positive = z.number().int().min(1);
/** Heads and layers: far above any model. */
const size = positive.max(4096);
const texts = z.array(z.string());
const head = { layer: count, head: count };

const model = z.object({
  modelId: z.string(),
  name: z.string(),
  path: z.string(),
  source: z.enum(['shipped', 'folder']),
  family: z.string(),
  architecture: z.string(),
  layers: size,
  heads: size,
  kvHeads: size,
  headDim: size,
  dModel: positive,
  vocabSize: positive,
  context: positive,
  dtype: z.enum(['F32', 'F16', 'BF16', 'mixed']),
  parameters: count,
  weightsBytes: count,
  slidingWindow: z.array(positive.nullable()),
  rope: z.string(),
  tokenizer: z.discriminatedUnion('available', [
    z.object({ available: z.literal(true) }),
    z.object({ available: z.literal(false), reason: z.string() }),
  ]),
  bos: z.object({ id: count, text: z.string() }).nullable(),
  bosByDefault: z.boolean(),
  ignoredFields: texts,
  warnings: texts,
  device: z
    .object({
      requested: z.enum(DEVICES),
      provider: z.string(),
      refused: z.array(z.object({ provider: z.string(), reason: z.string() })),
    })
    .exactOptional(),
});

const place = z.number().int().min(-1);
const token = z.object({
  id: count,
  display: z.string(),
  text: z.string(),
  start: place,
  end: place,
  special: z.boolean(),
});

const summary = z.object({
  runId: z.string().min(1).max(64),
  modelId: z.string(),
  tokens: z.array(token).min(1),
  interventions: z.array(interventionSchema),
  finalNorm: z.enum(FINAL_NORMS).exactOptional(),
  computedFrom: count,
  next: z.array(z.object({ id: count, display: z.string(), text: z.string(), prob: exact, logit: exact })),
  cutTokens: count,
  badges: z.array(z.enum(BADGES)),
  provider: z.string(),
  milliseconds: exact,
  captureBytes: count,
});

const end = z.number().nullable();
const parameter = z.object({
  id: z.string(),
  name: z.string(),
  meaning: z.string(),
  default: z.number().nullable(),
  min: z.number(),
  max: z.number(),
  integer: z.boolean(),
  choices: texts.exactOptional(),
});
const score = z.object({
  info: z.object({
    id: z.string().regex(/^[\w-]{1,64}$/),
    name: z.string(),
    // Files of the first builds do not say group, data and cost of their nine scores, which all read what the run kept.
    group: z.enum(SCORE_GROUPS).default('shape'),
    unit: z.string(),
    definition: z.string(),
    source: z.string(),
    badge: z.enum(BADGES),
    granularity: z.enum(SCORE_GRANULARITIES),
    data: z.enum(SCORE_DATA).default('text'),
    cost: z.enum(SCORE_COSTS).default('run'),
    parameters: z.array(parameter).default([]),
    floor: z.string().nullable().default(null),
    domain: z.tuple([end, end]),
  }),
  parameters: z.record(z.string(), z.number()).default({}),
  floor: exact.nullable().default(null),
  /** Null where there are values. */
  notApplicable: z.string().nullable(),
});

const texels = {
  level: count.max(24),
  side: positive,
  range: z.tuple([exact, exact]),
  /** Whether there is a first column without key 0. */
  edge: z.literal(true).exactOptional(),
};

const choices = z.array(z.object({ id: count, display: z.string(), clean: exact, changed: exact }));

export const runJsonSchema = z.object({
  model,
  summary,
  scores: z.array(score),
  miniatures: z.object({ size: positive.max(32) }),
  heads: z.array(z.object(head)),
  tokenRows: z.array(z.object({ ...head, index: count })),
  maps: z.array(z.object({ ...head, value: z.enum(TILE_VALUES), reducer: z.enum(TILE_REDUCERS), ...texels })),
  differences: z
    .array(
      z.object({
        ...head,
        reducer: z.enum(TILE_REDUCERS).exclude(['min']),
        minus: z.object({ ...head, run: z.enum(['same', 'clean']) }),
        ...texels,
      }),
    )
    .exactOptional(),
  comparison: z
    .object({
      kl: exact,
      before: choices,
      after: choices,
      /** Whether there is a table of it: files of the first builds have none. */
      topChanged: z.literal(true).exactOptional(),
    })
    .nullable(),
  sinks: storedSinks.exactOptional(),
});

export type RunJson = z.output<typeof runJsonSchema>;
