/** Results of the method lab as JSON: in the state of a session, and in the recipes of their figures. */
import { z } from 'zod';
import { ERROR_CODES } from '../contract/error-codes.ts';
import { BADGES } from '../model/badge.ts';
import type { DecodeRecord, LabRecord, LabTaskRecord } from '../model/lab.ts';
import { METHOD_CLASSES, METHOD_GRANULARITIES, METHOD_NEEDS, METHOD_PHASES, type MethodInfo } from '../model/method.ts';
import { FIDELITIES, NOT_GIVEN, type MethodResult } from '../model/method-result.ts';
import { QUESTION_VIEWS } from '../model/method-task.ts';
import type { MethodGeneration } from '../model/method-views.ts';
import { packedFloat64, packedInt32, packedLength, packedNumber, type Packed } from './packed.ts';

const name = z.string().max(1000);
const sentence = z.string().max(4000);
const index = z.number().int().min(0);
const count = z.number().int().min(1);
const share = z.number().min(0).max(1);
const position = index.nullable();
const MOST_TOKENS = 2 ** 17;

/** Names that `unpack` would take for packed numbers are none of a parameter or a method. */
const key = z.string().regex(/^(?!(?:f64|f32|i32|number)$)[\w-]{1,64}$/);
const parameters = z.record(key, packedNumber);
const notGiven = z.object(
  Object.fromEntries(NOT_GIVEN.map((what) => [what, sentence.exactOptional()])) as {
    [N in (typeof NOT_GIVEN)[number]]: z.ZodExactOptional<typeof sentence>;
  },
);
const traceId = z.string().min(1).max(64).nullable();

export const budgetSchema = z.union([z.object({ keys: count }), z.object({ share: z.number().gt(0).max(1) })]);
/** As forms hold it: numbers that JSON can. */
export const choiceSchema = z.object({
  method: key,
  parameters: z.record(key, z.number()),
  budget: budgetSchema.nullable(),
});

const scaling = z.union([
  z.object({ by: z.literal('nothing') }),
  z.object({ by: z.literal('tokens'), least: z.number(), of: z.number().exactOptional() }),
  z.object({ by: z.literal('layers'), layers: count }),
]);
const info = z.object({
  id: key,
  name,
  definition: sentence,
  source: sentence,
  classes: z.array(z.enum(METHOD_CLASSES)).max(METHOD_CLASSES.length),
  phases: z.array(z.enum(METHOD_PHASES)).max(METHOD_PHASES.length),
  granularity: z.enum(METHOD_GRANULARITIES),
  evicts: z.boolean(),
  readsQuery: z.boolean(),
  needs: z.array(z.enum(METHOD_NEEDS)).max(METHOD_NEEDS.length),
  budget: z.object({ meaning: sentence, default: z.number().nullable(), source: sentence }).nullable(),
  parameters: z
    .array(
      z.object({
        id: key,
        name,
        meaning: sentence,
        default: z.number(),
        source: sentence,
        scaling,
        fromBudget: z.literal(true).exactOptional(),
        min: packedNumber,
        max: packedNumber,
        integer: z.boolean(),
        choices: z.array(name).max(64).exactOptional(),
      }),
    )
    .max(64),
  cost: z.object({ step: sentence, stored: sentence, once: sentence }),
  badge: z.enum(BADGES),
  notes: z.array(sentence).max(64),
}) satisfies z.ZodType<Packed<MethodInfo>>;

const shape = { modelId: name, model: name, layers: count.max(4096), heads: count.max(4096), kvHeads: count };
const isGrouped = ({ heads, kvHeads }: { readonly heads: number; readonly kvHeads: number }) => heads % kvHeads === 0;
const about = z
  .object({
    ...shape,
    tokens: count.max(MOST_TOKENS),
    prompt: name,
    displays: z.array(name).max(MOST_TOKENS),
    questionStart: position,
    answerStart: position,
    promptLength: count,
    question: z.enum(QUESTION_VIEWS),
    fidelity: z.enum(FIDELITIES),
  })
  .refine(isGrouped)
  .refine(({ displays, tokens }) => displays.length === tokens, 'There is one word a token.');

const resolved = z.object({
  budget: packedNumber.nullable(),
  budgetOrigin: z.enum(['given', 'scaled', 'published']).nullable(),
  parameters,
  origins: z.record(key, z.enum(['given', 'budget', 'scaled', 'published'])),
});
const costs = z.object({ kvBytes: packedNumber, readBytes: packedNumber, flops: packedNumber });
const heads = z.object({
  recall: packedFloat64,
  recallSinkFree: packedFloat64,
  recallValue: packedFloat64,
  outputError: packedFloat64,
  read: packedFloat64,
});
const prediction = z.object({
  kl: packedNumber,
  klByQuery: packedFloat64,
  topChanged: packedNumber,
  nllAnswer: packedNumber.nullable(),
  nllAnswerDense: packedNumber.nullable(),
  nllByToken: packedFloat64,
  nllByTokenDense: packedFloat64,
});
const answer = z.object({
  text: z.string().max(2 ** 20),
  ids: packedInt32,
  denseText: z.string().max(2 ** 20),
  denseIds: packedInt32,
  correct: z.boolean().nullable(),
  denseCorrect: z.boolean().nullable(),
  firstDifference: position,
  agreement: packedNumber,
});
const result = z
  .object({
    method: key,
    fidelity: z.enum(FIDELITIES),
    phase: z.enum(METHOD_PHASES),
    badge: z.enum(BADGES),
    resolved,
    params: parameters,
    tokens: count,
    promptLength: count,
    rows: index,
    answerStart: position,
    read: packedNumber,
    resident: packedNumber,
    needed: packedNumber,
    costs,
    denseCosts: costs,
    ratio: packedNumber,
    choosing: z.object({ stepFlops: packedNumber, onceFlops: packedNumber, storedBytes: packedNumber }),
    bytesPerNumber: packedNumber,
    density: z.object({ selected: packedNumber, computed: packedNumber, blocks: packedNumber }),
    denseHere: z.boolean(),
    emptyRows: index,
    recall: packedNumber,
    recallSinkFree: packedNumber,
    recallValue: packedNumber,
    lostMass: packedNumber,
    outputError: packedNumber,
    outputErrorWO: packedNumber,
    outputErrorWOSum: packedNumber,
    oracle: z.object({ recall: packedNumber, gap: packedNumber, rows: index }),
    heads,
    lostMassByQuery: packedFloat64,
    worst: z.object({ layer: index, head: index, recall: packedNumber }),
    prediction: prediction.nullable(),
    generated: answer.nullable(),
    notGiven,
    trace: traceId,
    notes: z.array(sentence).max(64),
  })
  .refine(({ lostMassByQuery, rows }) => packedLength(lostMassByQuery) === rows, 'There is one number a query.')
  .refine(
    ({ prediction: of, tokens, promptLength }) =>
      of === null || packedLength(of.klByQuery) === Math.max(0, tokens - promptLength),
    'There is one divergence a query.',
  ) satisfies z.ZodType<Packed<MethodResult>>;

const error = z.object({
  code: z.enum(ERROR_CODES),
  message: sentence,
  hint: sentence.exactOptional(),
  details: z.record(key, z.union([z.string().max(1000), packedNumber, z.boolean()])).exactOptional(),
});
/** Rows of a comparison. */
const MOST_ROWS = 512;

const lab = z
  .object({
    about,
    runId: z.string().max(64),
    rows: z
      .array(
        z.object({
          choice: choiceSchema,
          info,
          result: result.nullable(),
          error: error.nullable(),
        }),
      )
      .max(MOST_ROWS),
  })
  .refine(
    ({ about: of, rows }) =>
      rows.every(
        ({ result: one }) =>
          one === null ||
          (one.worst.layer < of.layers &&
            one.worst.head < of.heads &&
            one.tokens === of.tokens &&
            Object.values(one.heads).every((values) => packedLength(values) === of.layers * of.heads)),
      ),
    'There is one number a head.',
  ) satisfies z.ZodType<Packed<LabRecord>>;

const measures = z.object({
  read: packedNumber,
  resident: packedNumber,
  needed: packedNumber,
  ratio: packedNumber,
  kvBytes: packedNumber,
  readBytes: packedNumber,
  stepFlops: packedNumber,
  selected: packedNumber,
  recall: packedNumber,
  recallSinkFree: packedNumber,
  recallValue: packedNumber,
  lostMass: packedNumber,
  outputError: packedNumber,
  outputErrorWO: packedNumber,
  oracleGap: packedNumber,
  kl: packedNumber.nullable(),
  nllAnswer: packedNumber.nullable(),
});
const task = z.object({
  about: z.object(shape).refine(isGrouped),
  names: z.record(key, name),
  task: name,
  parameters,
  lengths: z.array(count).max(64),
  depths: z.array(share).max(64),
  samples: count,
  seed: index,
  rows: z
    .array(
      z.object({
        choice: choiceSchema,
        question: z.enum(QUESTION_VIEWS),
        fidelity: z.enum(FIDELITIES),
        resolved,
        measures,
        accuracy: z.object({ value: share, low: share, high: share }).nullable(),
        n: index,
        denseHere: index,
        notGiven,
      }),
    )
    .max(2 * MOST_ROWS),
}) satisfies z.ZodType<Packed<LabTaskRecord>>;

const word = z.string().max(1000);
const generatedToken = z.object({
  id: z.number().int(),
  display: word,
  text: word,
  prob: packedNumber,
  top: z
    .array(z.object({ id: z.number().int(), display: word, text: word, prob: packedNumber, logit: packedNumber }))
    .max(64),
});
const view = z.object({
  id: z.number().int(),
  display: word,
  text: word,
  start: z.number().int(),
  end: z.number().int(),
  special: z.boolean(),
});
const generation = z
  .object({
    promptTokens: count,
    tokens: z.array(generatedToken).max(32_768),
    text: z.string().max(2 ** 20),
    stopped: z.enum(['length', 'end-token', 'stop-text', 'context']).nullable(),
    milliseconds: packedNumber,
    method: key,
    resolved,
    params: parameters,
    promptLength: count,
    views: z.array(view).max(MOST_TOKENS),
    ids: packedInt32,
    trace: traceId,
    notes: z.array(sentence).max(64),
  })
  .refine(
    ({ promptTokens, tokens, views, ids }) =>
      views.length === promptTokens + tokens.length && packedLength(ids) === views.length,
    'There is one word a token.',
  ) satisfies z.ZodType<Packed<MethodGeneration>>;
const decode = z
  .object({ about, method: generation, dense: generation, info, maxTokens: count })
  .refine(
    ({ method, dense }) => method.promptTokens === dense.promptTokens,
    'Both are of one prompt.',
  ) satisfies z.ZodType<Packed<DecodeRecord>>;

export const storedLab = { lab, task, decode } as const;
export type StoredLabResult = z.infer<typeof lab>;
export type StoredLabTask = z.infer<typeof task>;
export type StoredDecode = z.infer<typeof decode>;
