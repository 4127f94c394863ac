/**
 * The one contract between the interface, the shells and the engine: every request, what it takes and what it answers.
 *
 * `model.*`, `prompt.*` and `run.*` are served by the engine process, `shell.*`, `session.*` and `figure.*` by whatever
 * hosts it. Numbers travel as typed arrays anywhere in a result, never as number arrays. Parameters are checked against their
 * schema where a method is served; results are small by design (tiles, tables, rows).
 */
import { z } from 'zod';
import { FIGURE_FORMATS } from '../figure/formats.ts';
import { figureRecipeSchema } from '../figure/recipe.ts';
import {
  ALIGNMENTS,
  changeSchema,
  EFFECT_METRICS,
  effectTargetSchema,
  PATCH_DIRECTIONS,
  PATCH_GRIDS,
  PATCH_HOOKS,
  type AccuracyCurve,
  type AlignedPair,
  type DoseSweep,
  type GreedySweep,
  type HeadSweep,
  type ImportanceSweep,
  type KeyRemovals,
  type PatchResult,
  type PathResult,
  type RandomControl,
} from '../model/effect.ts';
import { FINAL_NORMS, interventionSchema } from '../model/intervention.ts';
import type { Generation } from '../model/generation.ts';
import type { MethodInfo, MethodResolution } from '../model/method.ts';
import { FIDELITIES, type MethodResult } from '../model/method-result.ts';
import { QUESTION_VIEWS, type MethodTaskResult, type MethodTaskRow } from '../model/method-task.ts';
import {
  METHOD_TILE_VALUES,
  type KeptRows,
  type MethodGeneration,
  type MethodKey,
  type MethodRow,
  type MethodStep,
  type StoredTrace,
} from '../model/method-views.ts';
import type { ModelInfo } from '../model/model-info.ts';
import type {
  ComparedChoice,
  HeadProfile,
  Miniatures,
  RunComparison,
  RunSummary,
  TokenAttention,
  TokenLogits,
} from '../model/run.ts';
import { samplingSchema } from '../model/sampling.ts';
import type { Attribution, Influence } from '../model/attribution.ts';
import type { HeadDescriptors } from '../model/descriptors.ts';
import { PLACE_KINDS, placeSchema } from '../model/place.ts';
import type { ProbeInfo, ProbePrompt, ProbeResult } from '../model/probe.ts';
import type { ScoreInfo, ScoreTable } from '../model/score.ts';
import type { SinkReport } from '../model/sinks.ts';
import { streamingSchema } from '../model/streaming.ts';
import type { TaskInfo, TaskPrompt, TaskResult } from '../model/task.ts';
import type { TokenChoice } from '../model/token-choice.ts';
import type { TokenView } from '../model/token-view.ts';
import type { SessionState } from '../session/session-state.ts';
import type { StoredRun } from '../session/stored-run.ts';
import { TILE_REDUCERS, TILE_VALUES, tileKeySchema } from '../tensor/tile.ts';
import { method, type Method } from './define.ts';

export const PROTOCOL_VERSION = 1;

const runId = z.string().min(1).max(64);
const index = z.number().int().min(0);
const headParams = z.object({ runId, layer: index, head: index });

export const promptSchema = z.discriminatedUnion('kind', [
  /** `bos`: whether the model's BOS token stands in front. Ignored by a model without one. */
  z.object({ kind: z.literal('text'), text: z.string(), bos: z.boolean() }),
  z.object({ kind: z.literal('ids'), ids: z.custom<Int32Array>((value) => value instanceof Int32Array) }),
]);
export type Prompt = z.infer<typeof promptSchema>;
export type {
  ComparedChoice,
  HeadProfile,
  Miniatures,
  RunComparison,
  RunSummary,
  TokenAttention,
  TokenChoice,
  TokenLogits,
};

export interface Tokenized {
  readonly ids: Int32Array;
  readonly tokens: readonly TokenView[];
  /** The text goes on past these tokens, which already exceed the context limit. */
  readonly more: boolean;
}

/** One 256 x 256 tile. NaN = masked (future cells, outside the window, past the end). */
export interface Tile {
  readonly values: Float32Array;
  /** Smallest and largest visible texel; both NaN where nothing is visible. */
  readonly min: number;
  readonly max: number;
}

/** What lies in a rectangle of a map: queries `rowStart` to `rowEnd` - 1, keys `keyStart` to `keyEnd` - 1. */
export interface RegionReading {
  /** Cells that their query can see. */
  readonly cells: number;
  /** Mass of each query on the keys of the rectangle, [rowEnd - rowStart]. */
  readonly queryMass: Float32Array;
  /** Mass that each key gets from the queries of the rectangle, [keyEnd - keyStart]. */
  readonly keyMass: Float32Array;
  /** The strongest cells, strongest first; at most 24. */
  readonly top: readonly { readonly query: number; readonly key: number; readonly probability: number }[];
}

/** A cell in full, for the line under the map. */
export interface CellReading {
  readonly probability: number;
  readonly logit: number;
  /** 1 = largest of its row. */
  readonly rank: number;
  /** Keys that the query can see. */
  readonly visible: number;
}

/** What a run will cost, told before it starts. */
export interface RunEstimate {
  readonly tokens: number;
  readonly milliseconds: number;
  /** Of the capture. */
  readonly bytes: number;
  /** Most memory that the engine process takes while it runs, with the model's weights. */
  readonly peakBytes: number;
  /** Whether it may run at all. */
  readonly fits: boolean;
  /** Its tensors would be kept on disk, for want of memory. */
  readonly onDisk: boolean;
}

export interface ModelEntry {
  /** What `model.open` takes. `demo` for the shipped model. */
  readonly path: string;
  readonly name: string;
  readonly detail: string;
  readonly source: 'shipped' | 'recent' | 'hugging-face';
}

export interface FolderEntry {
  readonly name: string;
  readonly path: string;
  /** Holds a config.json: can be opened. */
  readonly isModel: boolean;
}

export interface ExamplePrompt {
  readonly id: string;
  readonly title: string;
  /** One line on what to look for. */
  readonly look: string;
  readonly text: string;
  /** Whether it is there as a stored session of the shipped model too. */
  readonly hasSession: boolean;
}

/** A run of an opened session, attached to the engine under `summary.runId`. */
export interface SessionRun {
  readonly role: 'clean' | 'changed';
  readonly summary: RunSummary;
}

/** What a method read, of an opened session, attached to the engine as `trace`. */
export interface SessionTrace {
  readonly name: string;
  readonly trace: string;
}

export interface SessionFile {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly savedAt: string;
}

export interface OpenedSession {
  /** Names it in the calls about it, so that a host with several pages takes no session for another. */
  readonly sessionId: string;
  /** Where it lies; null for a recovered one that was never saved, for a backup and for an example. */
  readonly file: SessionFile | null;
  readonly state: SessionState;
  /** Of the stored runs; null where there are none. */
  readonly model: ModelInfo | null;
  readonly runs: readonly SessionRun[];
  readonly traces: readonly SessionTrace[];
  /** What could not be read and was left out, in sentences. */
  readonly warnings: readonly string[];
}

/** Work that was not saved when Headscope ended. */
export interface RecoverableSession {
  readonly id: string;
  readonly name: string;
  readonly savedAt: string;
}

/** What was drawn. */
export interface FigureFacts {
  /** Of a PNG; null for other formats. */
  readonly pixels: { readonly width: number; readonly height: number } | null;
  /** Of a picture; null for numbers and scripts. */
  readonly sizeMm: { readonly width: number; readonly height: number } | null;
  /** What the person should know of it, in sentences. */
  readonly notes: readonly string[];
}

export interface RenderedFigureFile extends FigureFacts {
  readonly bytes: Uint8Array;
  /** Proposed for the file. */
  readonly name: string;
  readonly mediaType: string;
}

export interface SavedFigure extends FigureFacts {
  /** The figure, and the numbers beside a script. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

const headId = z.object({ layer: index, head: index });
const scoreId = z.string().regex(/^[\w-]{1,64}$/);
/** Parameters by score and their own id. */
const chosenScores = {
  scores: z.array(scoreId).max(128).optional(),
  scoreParameters: z.record(scoreId, z.record(z.string().max(64), z.number())).optional(),
};
/** Of what was looked at, what a session is to keep. */
export const storeChoiceSchema = z.object({
  runId,
  heads: z.array(headId).max(1024),
  tokenRows: z.array(headId.extend({ index })).max(1024),
  maps: z.array(headId.extend({ value: z.enum(TILE_VALUES), reducer: z.enum(TILE_REDUCERS) })).max(1024),
  /** Maps minus others, in probability; `clean`: of the run that it is compared with. */
  differences: z
    .array(
      headId.extend({
        reducer: z.enum(TILE_REDUCERS).exclude(['min']),
        minus: headId.extend({ run: z.enum(['same', 'clean']) }),
      }),
    )
    .max(64)
    .default([]),
  /** Of scores that were computed with several, which ones are kept. */
  scoreParameters: chosenScores.scoreParameters,
  /** Of the report on sinks that is kept; without one, none is. */
  sinkThreshold: z.number().min(0).max(1).optional(),
  /** The clean run that it is compared with; null for a clean run. */
  clean: runId.nullable(),
});
const sessionState = z.record(
  z.string().min(1).max(64),
  z.object({ version: z.number().int().min(1), data: z.unknown() }),
);
const traceId = z.string().min(1).max(64);
/** Names a file too. */
export const traceName = z.string().regex(/^[\w-]{1,64}$/);
const sessionContent = {
  state: sessionState,
  runs: z.array(z.object({ role: z.enum(['clean', 'changed']), choice: storeChoiceSchema })).max(2),
  /** What methods read. `name`: what the state calls it; `run`: whose q, k and v it is of, where the session has it. */
  traces: z
    .array(z.object({ name: traceName, trace: traceId, run: z.enum(['clean', 'changed']).nullable() }))
    .max(16)
    .default([]),
};
/** Null: a session that was neither opened nor saved in this page. */
const sessionId = z.string().max(64).nullable().default(null);
/** Whether the unsaved work of the session before was given up; else it stays to be recovered. */
const abandon = z.boolean().default(false);
const sessionPath = z.string().min(1).max(4096);
/** Names a file too. */
export const exampleId = z.string().regex(/^[\w-]{1,64}$/);

const figureFormat = z.enum(FIGURE_FORMATS);
const figure = {
  recipe: figureRecipeSchema,
  runs: z.object({ clean: runId, changed: runId.nullable().default(null) }),
  scale: z.number().min(0.01).max(100).default(1),
  /** Scores that the recipe names and that come from a probe set or a file: neither the run nor the weights give them. */
  scores: z
    .array(
      z.object({
        key: z.string().min(1).max(160),
        origin: z.string().max(1000),
        table: z.custom<ScoreTable>((value) => typeof value === 'object' && value !== null && 'info' in value),
      }),
    )
    .max(1024)
    .default([]),
};

const budget = z.union([z.object({ keys: z.number().int().min(1) }), z.object({ share: z.number().gt(0).max(1) })]);
const methodChoice = {
  method: z.string().regex(/^[\w-]{1,64}$/),
  parameters: z.record(z.string().max(64), z.number()).default({}),
};
/** Queries from there on attend under the method, which chooses at the end of what comes before. */
const methodStart = z.number().int().min(1);
const taskId = z.string().min(1).max(64);
const taskParameters = z.record(z.string().max(64), z.number()).default({});
const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1)
  .default(0);
const taskGrid = {
  task: taskId,
  parameters: taskParameters,
  lengths: z.array(z.number().int().min(1)).max(64).default([]),
  depths: z.array(z.number().min(0).max(1)).max(64).default([]),
  /** Of each cell. */
  samples: z.number().int().min(1).max(10_000).default(10),
  seed,
};
const taskCondition = {
  interventions: z.array(interventionSchema).max(4096).default([]),
  streaming: streamingSchema.nullable().default(null),
};
const taskPart = z.union([z.string().min(1), z.array(z.number().int().min(0)).min(1)]);
const target = effectTargetSchema.prefault({});
/** Two prompts of which values of one are put into the run of the other. */
const pair = { clean: promptSchema, corrupted: promptSchema, align: z.enum(ALIGNMENTS).default('tokens') };
/** Of the task `file`. `question`: goes on from the prompt. */
export const taskItem = z.object({ prompt: taskPart, question: taskPart.optional(), answer: taskPart });
/** Of a user's probe set: a text, one with its answer, or a question with choices of which one is right. */
export const probeItem = z.object({
  prompt: taskPart,
  answer: taskPart.optional(),
  choices: z.array(taskPart).min(2).max(26).optional(),
  /** Index of the right choice. */
  correct: index.optional(),
});

export const methods = {
  /** Opens a model and closes the one before. `path`: `demo` or a folder in Hugging Face layout. */
  'model.open': method<ModelInfo>()(z.object({ path: z.string().min(1).max(4096) })),
  'prompt.tokenize': method<Tokenized>()(z.object({ prompt: promptSchema })),
  'run.estimate': method<RunEstimate>()(z.object({ tokens: z.number().int().min(1) })),
  /**
   * Runs the prompt and keeps Q, K, V, z, LSE, statistics and residuals. The clean run of the same prompt is found by
   * key or made first; with interventions only the layers from the first changed one are computed.
   * `cut`: drop what is past the context limit instead of refusing.
   */
  'run.start': method<RunSummary>()(
    z.object({
      prompt: promptSchema,
      interventions: z.array(interventionSchema).max(4096),
      /** Of a changed run: recomputed where it is absent. A clean run is the same under both. */
      finalNorm: z.enum(FINAL_NORMS).optional(),
      cut: z.boolean().default(false),
      /**
       * Scores that will be asked for: of a run without changes they are told while it is computed, which costs far less
       * than afterwards. `run.scores` then answers at once.
       */
      ...chosenScores,
    }),
  ),
  'run.release': method<null>()(z.object({ runId })),
  /** Every score there is, whether or not it applies to what is open. */
  'score.list': method<{ readonly scores: readonly ScoreInfo[] }>()(z.object({})),
  /**
   * Scores of one run; where none are named, those that cost nothing beyond it. The ones that cost forwards are long
   * jobs with progress. Throws `bad-request` for an unknown score or parameter.
   */
  'run.scores': method<{ readonly scores: readonly ScoreTable[] }>()(z.object({ runId, ...chosenScores })),
  /** Scores that need nothing but the weights; all of them where none are named. */
  'model.scores': method<{ readonly scores: readonly ScoreTable[] }>()(z.object(chosenScores)),
  /**
   * How much a head composes with every other one, by the norm of the product of their circuits (Elhage et al. 2021):
   * as what writes for later heads, as what reads of earlier ones. `values`: [layers x heads], NaN where neither comes
   * before the other; `floor`: of random weights of the same shape.
   */
  'model.composition': method<{ readonly values: Float64Array; readonly floor: number }>()(
    z.object({ layer: index, head: index, kind: z.enum(['q', 'k', 'v']) }),
  ),
  /** Where heads rest in a run. `threshold`: epsilon of Gu et al. */
  'run.sinks': method<SinkReport>()(z.object({ runId, threshold: z.number().min(0).max(1).default(0.3) })),
  /** Mass on marked spans, one table each (`span-0`, ...), averaged over the rows after the span. */
  'run.spans': method<{ readonly scores: readonly ScoreTable[] }>()(
    z.object({
      runId,
      spans: z.array(z.object({ name: z.string().max(200), start: index, end: index })).max(64),
    }),
  ),
  /** Attention mass by distance of every head, mean over rows, in log2 bins: [layers x heads, bins]. */
  'run.distances': method<{ readonly bins: number; readonly values: Float32Array }>()(z.object({ runId })),
  'run.descriptors': method<HeadDescriptors>()(z.object({ runId })),
  'run.attribution': method<Attribution>()(
    z.object({ runId, position: index, token: index, against: index.nullable().default(null) }),
  ),
  /** With the attention of some heads made uniform over what they see. */
  'run.influence': method<Influence>()(z.object({ runId, heads: z.array(headId).min(1).max(4096) })),
  /**
   * `minus`: the map of another head, or of a run of the same tokens, that is subtracted cell by cell, in probability.
   * Of such differences `max` keeps the one of largest magnitude with its sign; `min` is refused.
   */
  'run.tile': method<Tile>()(headParams.extend(tileKeySchema.shape).extend({ minus: headParams.optional() })),
  'run.region': method<RegionReading>()(
    headParams.extend({ rowStart: index, rowEnd: index, keyStart: index, keyEnd: index }),
  ),
  'run.miniatures': method<Miniatures>()(z.object({ runId })),
  'run.token': method<TokenAttention>()(headParams.extend({ index })),
  'run.head': method<HeadProfile>()(headParams),
  /** `skipKeys`: the row is read as if it did not see its first keys; one of these is then refused. */
  'run.cell': method<CellReading>()(
    headParams.extend({
      query: index,
      key: index,
      skipKeys: z.number().int().min(0).max(64).optional(),
    }),
  ),
  /** Goes on from the prompt, under the interventions. Progress carries what there is so far, for who cancels it. */
  'generate.start': method<Generation>()(
    z.object({
      prompt: promptSchema,
      interventions: z.array(interventionSchema).max(4096),
      cut: z.boolean().default(false),
      maxTokens: z.number().int().min(1).max(32_768),
      sampling: samplingSchema,
      stopTexts: z.array(z.string().min(1).max(64)).max(8).default([]),
      /** Whether the model's end token ends it. */
      stopAtEnd: z.boolean().default(true),
    }),
  ),
  'task.list': method<{ readonly tasks: readonly TaskInfo[] }>()(z.object({})),
  /** One prompt of a task, for looking at. */
  'task.sample': method<TaskPrompt>()(z.object({ task: taskId, parameters: taskParameters, seed })),
  /** Accuracy on a grid of lengths and depths; where none are given, at the task's parameters. */
  'task.run': method<TaskResult>()(
    z.object({ ...taskGrid, ...taskCondition, items: z.array(taskItem).max(10_000).default([]) }),
  ),
  'probe.list': method<{ readonly probes: readonly ProbeInfo[] }>()(z.object({})),
  /**
   * Head scores over a probe set, with their spread over prompts: `retrieval` over needles, the others over whatever they
   * need. Where none are named, all that the set can give and that cost no forward a head. What was cancelled goes on
   * where it stopped when it is asked for again, as long as the model is open; progress tells how far that is.
   */
  'probe.run': method<ProbeResult>()(
    z.object({
      /** `task`: id of a probe set; every task is one. */
      ...taskGrid,
      ...taskCondition,
      items: z.array(probeItem).max(10_000).default([]),
      ...chosenScores,
    }),
  ),
  /** The prompts of a probe run on which a head scores highest. Throws `unknown-run` where it is no longer held. */
  'probe.best': method<{ readonly prompts: readonly ProbePrompt[] }>()(
    z.object({
      probeId: z.string().min(1).max(64),
      score: scoreId,
      layer: index,
      head: index,
      count: z.number().int().min(1).max(100).default(5),
    }),
  ),

  /** Logits and probabilities of some tokens after a position. */
  'run.logits': method<TokenLogits>()(z.object({ runId, position: index, tokens: z.array(index).min(1).max(64) })),
  /** Each key of a query row left out alone, from the identity z' = (z - p v) / (1 - p). */
  'run.keyRemovals': method<KeyRemovals>()(headParams.extend({ query: index, target })),
  /**
   * One change at every head (KV group, layer) alone, on top of what the run is changed by already: with a set ablated,
   * its ranking of the rest. Cancelled, it goes on where it stopped when it is asked for again.
   */
  'sweep.heads': method<HeadSweep>()(
    z.object({ runId, change: changeSchema, places: z.enum(PLACE_KINDS).default('head'), target }),
  ),
  /** One more head at a time. Progress and resumption as of `sweep.heads`. */
  'sweep.greedy': method<GreedySweep>()(
    z.object({
      runId,
      change: changeSchema,
      places: z.enum(PLACE_KINDS).default('head'),
      metric: z.enum(EFFECT_METRICS).default('kl'),
      count: z.number().int().min(1).max(256).default(8),
      target,
    }),
  ),
  /** One head (KV group, layer) at several factors on its z. */
  'sweep.dose': method<DoseSweep>()(
    z.object({ runId, place: placeSchema, factors: z.array(z.number().min(-100).max(100)).min(1).max(256), target }),
  ),
  /** A set of heads beside random sets; `matched`: with as many heads in each layer. */
  'sweep.random': method<RandomControl>()(
    z.object({
      runId,
      change: changeSchema,
      heads: z.array(headId).min(1).max(4096),
      draws: z.number().int().min(2).max(1000).default(20),
      matched: z.boolean().default(true),
      seed,
      target,
    }),
  ),
  /** The gradient-free importance of Michel et al. of every head, and how far it is from leaving the head out. */
  'sweep.importance': method<ImportanceSweep>()(
    z.object({
      runId,
      epsilon: z.number().min(1e-3).max(1).default(0.05),
      /** Whether heads that make the loss smaller when they are weakened are told apart; else magnitudes. */
      signed: z.boolean().default(false),
      finalNorm: z.enum(FINAL_NORMS).default('recomputed'),
    }),
  ),
  /** Task accuracy as more and more heads are changed, in the order of a ranking and at random. */
  'sweep.accuracy': method<AccuracyCurve>()(
    z.object({
      ...taskGrid,
      items: z.array(taskItem).max(10_000).default([]),
      change: changeSchema.default({ what: 'zero' }),
      ranking: z.array(headId).min(1).max(4096),
      /** How many heads at each point, ascending; 0 is always there. */
      counts: z.array(z.number().int().min(1)).min(1).max(64),
      draws: z.number().int().min(0).max(1000).default(20),
      /** Random heads are drawn from those that the ranking does not begin with, as many of each layer where it can be. */
      matched: z.boolean().default(false),
    }),
  ),
  'patch.align': method<AlignedPair>()(z.object(pair)),
  /** Values of one run put into the other, one place after the other. Progress and resumption as of `sweep.heads`. */
  'patch.run': method<PatchResult>()(
    z.object({
      ...pair,
      direction: z.enum(PATCH_DIRECTIONS).default('denoise'),
      hook: z.enum(PATCH_HOOKS).default('z'),
      grid: z.enum(PATCH_GRIDS).default('head'),
      /** Only these heads, for `head-position`; null = all. */
      heads: z.array(headId).min(1).max(4096).nullable().default(null),
      target,
    }),
  ),
  /** Path patching from one head to the q, k and v of all later ones and to the logits (Wang et al. 2022, appendix B). */
  'patch.paths': method<PathResult>()(
    z.object({
      ...pair,
      direction: z.enum(PATCH_DIRECTIONS).default('denoise'),
      sender: headId,
      mlps: z.enum(['recomputed', 'frozen']).default('recomputed'),
      target,
    }),
  ),
  /** Every sparse attention method there is. */
  'method.list': method<{ readonly methods: readonly MethodInfo[] }>()(z.object({})),
  /** What `method.run` would run a method with in the open model, one for each of its results. Computes nothing. */
  'method.resolve': method<{ readonly each: readonly MethodResolution[] }>()(
    z.object({ ...methodChoice, budgets: z.array(budget).max(32).default([]), promptLength: methodStart }),
  ),
  /**
   * A method on a run without interventions, one result a budget, or one alone of a method that takes none; without
   * budgets, the published one. Progress carries nothing; cancelled, it is done again.
   */
  'method.run': method<{ readonly results: readonly MethodResult[] }>()(
    z.object({
      runId,
      ...methodChoice,
      budgets: z.array(budget).max(32).default([]),
      promptLength: methodStart,
      fidelity: z.enum(FIDELITIES).default('F1'),
      /** First token of the answer, which goes to the end of the run; null = there is none. */
      answerStart: z.number().int().min(1).nullable().default(null),
      /** At F3, of the continuation; no fewer than the answer has. */
      maxTokens: z.number().int().min(1).max(1024).default(16),
    }),
  ),
  /**
   * Goes on from the prompt greedily with every query from `promptLength` on under the method. Progress carries what
   * there is so far.
   */
  'method.generate': method<MethodGeneration>()(
    z.object({
      prompt: promptSchema,
      ...methodChoice,
      budget: budget.nullable().default(null),
      promptLength: methodStart,
      maxTokens: z.number().int().min(1).max(4096),
      stopAtEnd: z.boolean().default(true),
    }),
  ),
  /**
   * Methods on the prompts of a task: means, and accuracy with its interval. Progress carries the rows so far; cancelled,
   * it goes on where it stopped when it is asked for again.
   */
  'method.task': method<MethodTaskResult>()(
    z.object({
      ...taskGrid,
      items: z.array(taskItem).max(10_000).default([]),
      choices: z
        .array(z.object({ ...methodChoice, budget: budget.nullable().default(null) }))
        .min(1)
        .max(512),
      questions: z.array(z.enum(QUESTION_VIEWS)).min(1).max(2).default(['unseen']),
      fidelity: z.enum(FIDELITIES).default('F3'),
    }),
  ),
  /** Keys that a query head read under a method, ascending; `trace` as `method.run` told. */
  'method.kept': method<{ readonly keys: Int32Array }>()(
    z.object({ trace: traceId, layer: index, head: index, query: index }),
  ),
  /** The whole of what a head read. */
  'method.rows': method<KeptRows>()(z.object({ trace: traceId, layer: index, head: index })),
  'method.row': method<MethodRow>()(z.object({ trace: traceId, layer: index, head: index, query: index })),
  'method.step': method<MethodStep>()(z.object({ trace: traceId, query: index })),
  'method.key': method<MethodKey>()(z.object({ trace: traceId, query: index, key: index })),
  /** Of a head's map under a method; a texel is reduced as in `run.tile`, a difference to the one of largest magnitude. */
  'method.tile': method<Tile>()(
    z.object({
      trace: traceId,
      layer: index,
      head: index,
      ...tileKeySchema.omit({ value: true }).shape,
      value: z.enum(METHOD_TILE_VALUES),
    }),
  ),
  /** For a session file. */
  'method.store': method<StoredTrace>()(z.object({ trace: traceId })),
  /**
   * Takes a stored one in. Maps and probabilities are of the run, where it is given and has its tensors, and the stored
   * one was of its own q and k (F1); without them they are refused, and what was read is told all the same.
   */
  'method.attach': method<{ readonly trace: string }>()(
    z.object({
      stored: z.custom<StoredTrace>((value) => typeof value === 'object' && value !== null && 'bits' in value),
      runId: runId.nullable(),
    }),
  ),
  /** Keys that two methods both read over those that either reads, mean over queries, [layers x heads]. */
  'method.overlap': method<{ readonly values: Float64Array }>()(z.object({ traces: z.tuple([traceId, traceId]) })),
  'run.compare': method<RunComparison>()(z.object({ clean: runId, changed: runId })),
  /** What a session keeps of a run. */
  'run.store': method<StoredRun>()(storeChoiceSchema),
  /** Writes Q, K and LSE of all layers as .safetensors. For the host; refused to pages. */
  'run.writeTensors': method<{ readonly bytes: number }>()(z.object({ runId, path: sessionPath })),
  /**
   * Takes a stored run in, to be asked about like a computed one, in place of one of the same id. `tensors`: where its
   * .safetensors of Q, K and LSE begins in a file. For the host; refused to pages.
   */
  'run.attach': method<RunSummary>()(
    z.object({
      runId,
      run: z.custom<StoredRun>((value) => typeof value === 'object' && value !== null),
      tensors: z.object({ path: sessionPath, offset: index, bytes: index }).nullable(),
    }),
  ),

  /**
   * Writes a session file; without a path, the one that is open, or `bad-request` with the detail `otherSession` where
   * that is not `sessionId`. With a path, another session than the open one is saved as a new one, and is the open one
   * then. Another file is only replaced with `replace`, else `not-allowed` with the detail `exists`.
   */
  'session.save': method<SessionFile & { readonly sessionId: string; readonly warnings: readonly string[] }>()(
    z.object({
      ...sessionContent,
      sessionId,
      path: sessionPath.nullable(),
      replace: z.boolean().default(false),
      tensors: z.boolean(),
    }),
  ),
  /**
   * A backup (`.headscope.bak`) opens without a place: saving asks where. Of a damaged file with a good backup the error
   * says so, with the detail `backup`.
   */
  'session.open': method<OpenedSession>()(z.object({ path: sessionPath, abandon })),
  /** An example as it was stored with Headscope. Saving asks where. Throws `bad-request` for an unknown id. */
  'session.openExample': method<OpenedSession>()(z.object({ id: exampleId, abandon })),
  /**
   * The stored runs and traces of the open session once more, after the engine was started again; `bad-request` with the detail
   * `otherSession` where that is not `sessionId`.
   */
  'session.attach': method<{
    readonly runs: readonly SessionRun[];
    readonly traces: readonly SessionTrace[];
  }>()(z.object({ sessionId })),
  /** Leaves the open session: saving asks for a path. */
  'session.close': method<null>()(z.object({ abandon })),
  /** Keeps unsaved work for recovery after a crash. `savedAt` is null where what was begun is out of date by now. */
  'session.autosave': method<{ readonly savedAt: string | null }>()(z.object({ ...sessionContent, sessionId })),
  'session.recent': method<{ readonly files: readonly SessionFile[] }>()(z.object({})),
  /** What ended processes and the pages before this one left unsaved; never what somebody works on. */
  'session.recoverable': method<{ readonly sessions: readonly RecoverableSession[] }>()(z.object({})),
  'session.recover': method<OpenedSession>()(z.object({ id: z.string().regex(/^[\w-]{1,64}$/), abandon })),
  'session.discard': method<null>()(z.object({ id: z.string().regex(/^[\w-]{1,64}$/) })),
  /** Folders and session files under the root that the host may read; without a path, where the last one lay. */
  'session.browse': method<{
    readonly path: string;
    readonly parent: string | null;
    readonly folders: readonly FolderEntry[];
    readonly files: readonly SessionFile[];
  }>()(z.object({ path: sessionPath.optional() })),
  /** The system's dialog; null when dismissed. Refused with `not-allowed` in the browser shell. */
  'session.pickFile': method<{ readonly path: string | null }>()(
    z.object({ what: z.enum(['open', 'save']), name: z.string().max(255).default('') }),
  ),

  /**
   * A figure of a clean run, and of one with interventions where there is one, as bytes: for a preview, and to be
   * downloaded or copied. `scale`: pixels of a PNG, in those of the recipe's dots per inch. Refuses with `too-large`
   * what is over 64 MiB or 67 million pixels.
   */
  'figure.render': method<RenderedFigureFile>()(z.object({ ...figure, format: figureFormat })),
  /** The same as a file, of any size, with progress; its extension is added where it is missing. */
  'figure.save': method<SavedFigure>()(
    z.object({ ...figure, format: figureFormat, path: sessionPath, replace: z.boolean().default(false) }),
  ),

  'shell.models': method<{ readonly models: readonly ModelEntry[] }>()(z.object({})),
  'shell.examples': method<{ readonly examples: readonly ExamplePrompt[] }>()(z.object({})),
  /** Folders under the root that the host may read; without a path, the root. */
  'shell.browse': method<{
    readonly path: string;
    readonly parent: string | null;
    readonly folders: readonly FolderEntry[];
  }>()(z.object({ path: z.string().max(4096).optional() })),
  /** The system's folder dialog; null when dismissed. Refused with `not-allowed` in the browser shell. */
  'shell.pickFolder': method<{ readonly path: string | null }>()(z.object({})),
  /** Kills the engine process and starts another: the hard cancel. */
  'shell.restartEngine': method<null>()(z.object({})),
} as const;

export type MethodName = keyof typeof methods;
export type ParamsOf<M extends MethodName> = z.input<(typeof methods)[M]['params']>;
export type ParsedParamsOf<M extends MethodName> = z.output<(typeof methods)[M]['params']>;
export type ResultOf<M extends MethodName> = (typeof methods)[M] extends Method<z.ZodType, infer R> ? R : never;

export type EngineMethodName = Exclude<MethodName, ShellMethodName>;
/** What a host answers itself, by the first part of the name. */
const SHELL_PARTS = ['shell', 'session', 'figure'] as const;
export type ShellMethodName = Extract<MethodName, `${(typeof SHELL_PARTS)[number]}.${string}`>;

export function isShellMethod(name: MethodName): name is ShellMethodName {
  return SHELL_PARTS.some((part) => name.startsWith(`${part}.`));
}

/** Progress of a long request. Sent at most ten times a second. */
export interface Progress {
  /** What is being done now, as a person would say it: `Layer 3 of 12`. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** Milliseconds left by the pace so far; null until there is one. */
  readonly etaMs: number | null;
  /** Of `generate.start`: what there is so far. */
  readonly partial?: Generation;
  /** Of `method.task`: the rows over the samples so far. */
  readonly taskRows?: readonly MethodTaskRow[];
}

/** Announcements that no request asked for. */
export interface Events {
  /** First message of every connection. */
  hello: {
    readonly protocol: number;
    readonly version: string;
    readonly shell: 'desktop' | 'browser';
    /** `linux`, `darwin`, `win32`. */
    readonly platform: string;
  };
  /** The engine process ended; requests in flight were answered with `engine-died`. A new one is being started. */
  'engine.exited': { readonly reason: string; readonly byRequest: boolean };
  /** A new engine process answers. It holds no model and no runs: the interface opens and runs again. */
  'engine.ready': { readonly afterExit: boolean };
  /** Desktop menu or command line asked for something; `command` is an id of the command registry. */
  'shell.command': { readonly command: string; readonly argument?: string };
}
export type EventName = keyof Events;
