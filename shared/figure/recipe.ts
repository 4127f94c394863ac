/**
 * A recipe says everything about a figure but the numbers: with the same recipe and the same runs it is drawn again,
 * byte for byte. Runs are named by their role, so that a recipe fits any session.
 */
import { z } from 'zod';
import { AppError } from '../base/app-error.ts';
import { BADGES } from '../model/badge.ts';
import { EFFECT_METRICS } from '../model/effect.ts';
import { METHOD_TILE_VALUES } from '../model/method-views.ts';
import { SESSION_ROLES } from '../session/manifest.ts';
import { storedEffects } from '../session/stored-effects.ts';
import { storedLab } from '../session/stored-lab.ts';
import { TILE_REDUCERS, TILE_VALUES } from '../tensor/tile.ts';
import { KEY_COLUMNS } from '../view/effects/key-rows.ts';
import { LAB_COSTS, LAB_MEASURES } from '../view/lab/measures.ts';
import { MOST_METHOD_MAPS } from '../view/lab/method-maps.ts';
import { SINK_RULES } from '../view/map/sink-keys.ts';
import { SINK_MODES, type SinkMode } from '../view/map/sink-mode.ts';
import { KEPT_QUANTITIES } from './parts/kept-table.ts';

const index = z
  .number()
  .int()
  .min(0)
  .max(2 ** 20);
const headId = z.object({ layer: index, head: index });
const role = z.enum(SESSION_ROLES).default('clean');

const page = {
  version: z.literal(1).default(1),
  widthMm: z.number().min(20).max(3000).default(180),
  /** Null: as high as the content needs. What is given is kept: the content shrinks or is cut, and a note says so. */
  heightMm: z.number().min(15).max(3000).nullable().default(null),
  /** Of the body; captions and labels are a little smaller. */
  fontPt: z.number().min(4).max(48).default(7),
  /** Null: the view's own; empty: none. */
  title: z.string().max(400).nullable().default(null),
  /** Model, prompt hash and what the numbers are, under the figure. */
  caption: z.boolean().default(true),
  theme: z.enum(['light', 'dark']).default('light'),
  /** Pixels per inch of a PNG, and of rasters in an SVG. */
  dpi: z.number().min(20).max(9600).default(300),
};

const span = z.object({ start: index, end: index, name: z.string().max(200) });

/** Queries `rowStart` to `rowEnd` - 1, keys `keyStart` to `keyEnd` - 1. */
export const figureRegionSchema = z
  .object({ rowStart: index, rowEnd: index, keyStart: index, keyEnd: index })
  .refine(({ rowStart, rowEnd, keyStart, keyEnd }) => rowEnd > rowStart && keyEnd > keyStart, 'The region is empty.');

/** How the values of a map are seen; the same names as on screen. */
const mapOptions = {
  value: z.enum(TILE_VALUES).default('probability'),
  reducer: z.enum(TILE_REDUCERS).default('max'),
  scale: z.enum(['log', 'linear']).default('log'),
  gamma: z.number().min(0.1).max(10).default(1),
  /** What becomes of sink keys; null: `exclude` where an older recipe says so in `excludeSinks`, else `gutter`. */
  sinkMode: z.enum(SINK_MODES).nullable().default(null),
  excludeSinks: z.boolean().optional(),
  /** Ends of the colour scale; null: from the data, as on screen. */
  domain: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => high > low, 'The domain is empty.')
    .nullable()
    .default(null),
  /** Null: the whole map. */
  region: figureRegionSchema.nullable().default(null),
  /** Spans that the axes show as one bracket. */
  folds: z.array(span).max(256).default([]),
  /** Print values into cells that are large enough. */
  numbers: z.boolean().default(true),
};

const mapOf = z.object({
  run: role,
  head: headId,
  /** What is subtracted, cell by cell, in probability. */
  minus: z.object({ run: role, head: headId }).nullable().default(null),
});

export const mapRecipe = z.object({
  view: z.literal('map'),
  ...page,
  ...mapOf.shape,
  ...mapOptions,
  /** Which keys stand as strips beside the map; none for a difference. */
  sinks: z.enum([...SINK_RULES, 'none']).default('first'),
  sinkKeys: z.array(index).max(4).default([]),
  /** Entropy of every row, beside the map. */
  entropy: z.boolean().default(true),
  /** Mean attention on every key, under the map. */
  columnMean: z.boolean().default(true),
  /** Attention mass by distance, under the map. */
  distance: z.boolean().default(false),
});

export const compareRecipe = z.object({
  view: z.literal('compare'),
  ...page,
  ...mapOptions,
  maps: z.array(mapOf).min(1).max(16),
  /** Null: as many as give the largest maps. */
  columns: z.number().int().min(1).max(16).nullable().default(null),
});

const gridOptions = { run: role, selected: headId.nullable().default(null) };

/** Id of a score of the run or the weights, or the key of one that is brought along. */
const scoreKey = z.string().min(1).max(160);
/** Other than the defaults, by score. */
const parameters = z.record(scoreKey, z.record(z.string().max(64), z.number())).default({});

/** Whether scores are shown by their twins without sinks: where sinks are excluded or the rest is renormalised. */
const scoreSinks = z.enum(SINK_MODES).default('gutter');

export const atlasRecipe = z.object({
  view: z.literal('atlas'),
  ...page,
  ...gridOptions,
  score: scoreKey.default('entropy'),
  parameters,
  sinkMode: scoreSinks,
  /** Which cells have their number: those that stand out, as on screen, all or none. */
  values: z.enum(['notable', 'all', 'none']).default('notable'),
});

export const mapsRecipe = z.object({ view: z.literal('maps'), ...page, ...gridOptions });

export const rankedRecipe = z.object({
  view: z.literal('ranked'),
  ...page,
  run: role,
  /** Of a score, or `head` for natural order. */
  sortBy: scoreKey.default('head'),
  direction: z.enum(['ascending', 'descending']).default('descending'),
  /** Empty: all that cost nothing beyond the run, as far as they fit. */
  scores: z.array(scoreKey).max(64).default([]),
  parameters,
  sinkMode: scoreSinks,
  rows: z.number().int().min(1).max(4096).default(20),
});

export const scatterRecipe = z.object({
  view: z.literal('scatter'),
  ...page,
  ...gridOptions,
  x: scoreKey.default('sink'),
  y: scoreKey.default('entropy'),
  parameters,
  sinkMode: scoreSinks,
  /** How many heads have their name, those highest up first. */
  names: z.number().int().min(0).max(200).default(12),
});

export const histogramRecipe = z.object({
  view: z.literal('histogram'),
  ...page,
  run: role,
  score: scoreKey.default('entropy'),
  parameters,
  sinkMode: scoreSinks,
  bins: z.number().int().min(2).max(400).default(40),
  threshold: z.number().nullable().default(null),
});

/** One head: its distance profile and every score. */
export const headRecipe = z.object({ view: z.literal('head'), ...page, run: role, head: headId, parameters });

export const distanceRecipe = z.object({ view: z.literal('distance'), ...page, run: role, head: headId });

export const stripRecipe = z.object({
  view: z.literal('strip'),
  ...page,
  run: role,
  colour: z.enum(['outgoing', 'incoming', 'change', 'sinks']).default('outgoing'),
  /** Of `sinks`: a head rests on a key whose importance is over this. */
  sinkThreshold: z.number().min(0).max(1).default(0.3),
  /** For attention. */
  head: headId.default({ layer: 0, head: 0 }),
  /** The token whose attention is shown; null: the last. */
  token: index.nullable().default(null),
  /** Null: the whole prompt. */
  range: z.object({ start: index, end: index }).nullable().default(null),
});

/** Positions that heads rest on, by layer. */
export const sinksRecipe = z.object({
  view: z.literal('sinks'),
  ...page,
  run: role,
  /** A head rests on a position whose importance is over this. */
  threshold: z.number().min(0).max(1).default(0.3),
  /** Outlined, if heads rest there. */
  position: index.nullable().default(null),
});

/** The likeliest next tokens; of both runs where there are two. */
export const nextRecipe = z.object({
  view: z.literal('next'),
  ...page,
  rows: z.number().int().min(1).max(20).default(10),
});

/** What the interventions do: likelihood along the prompt, and the next token. */
export const effectRecipe = z.object({
  view: z.literal('effect'),
  ...page,
  rows: z.number().int().min(0).max(20).default(8),
});

const generatedToken = z.object({
  id: z.number().int(),
  display: z.string().max(1000),
  text: z.string().max(1000),
  prob: z.number(),
  top: z.array(z.object({ id: z.number().int(), display: z.string().max(1000), prob: z.number() })).max(20),
});
export type FigureGeneratedToken = z.infer<typeof generatedToken>;

/** Generated text. A generation is part of no run, so it travels in the recipe. */
export const generationRecipe = z.object({
  view: z.literal('generation'),
  ...page,
  lines: z
    .array(z.object({ run: role, tokens: z.array(generatedToken).min(1).max(32_768) }))
    .min(1)
    .max(2),
  /** Zero-based; its candidates stand under the text. Null: the first step at which the lines part, else the last. */
  step: index.nullable().default(null),
});

const HEADS = z.number().int().min(1).max(4096);
/** One of two results that are compared. */
const result = z
  .object({
    model: z.string().max(400),
    /** Which prompt, with which interventions. */
    text: z.string().max(2000),
    layers: HEADS,
    heads: HEADS,
    kvHeads: HEADS,
    /** [layers x heads]; null: the head has no value. */
    values: z.array(z.number().nullable()).max(2 ** 18),
    /** Value of uniform attention, where there is one. */
    floor: z.number().nullable().default(null),
    /** Heads that something is done to. */
    changed: z
      .array(headId)
      .max(2 ** 18)
      .default([]),
  })
  .refine(({ layers, heads, values }) => values.length === layers * heads, 'There is not one value for each head.');

/** One score of two results and their difference. The second is of no run that is there, so both travel in the recipe. */
export const resultsRecipe = z.object({
  view: z.literal('results'),
  ...page,
  score: z.object({
    id: scoreKey,
    name: z.string().max(400),
    unit: z.string().max(200),
    definition: z.string().max(4000),
    badge: z.enum(BADGES),
    /** Ends of its colours; null: from the data. */
    domain: z.tuple([z.number().nullable(), z.number().nullable()]),
  }),
  a: result,
  b: result,
  /** What else has to be known, in sentences. */
  remarks: z.array(z.string().max(1000)).max(64).default([]),
  selected: headId.nullable().default(null),
  values: z.enum(['notable', 'all', 'none']).default('notable'),
});

/** Results of sweeps and patching are part of no run, so they travel in their recipes. */
export const curveRecipe = z.object({ view: z.literal('curve'), ...page, result: storedEffects.curve });

export const doseRecipe = z.object({
  view: z.literal('dose'),
  ...page,
  result: storedEffects.dose,
  metrics: z
    .array(z.enum(EFFECT_METRICS))
    .min(1)
    .max(EFFECT_METRICS.length)
    .default(['kl', 'nll', 'logit-difference', 'agreement']),
});

export const greedyRecipe = z.object({
  view: z.literal('greedy'),
  ...page,
  result: storedEffects.greedy,
  /** Null: the one that the heads were chosen by. */
  metric: z.enum(EFFECT_METRICS).nullable().default(null),
});

export const randomRecipe = z.object({ view: z.literal('random'), ...page, result: storedEffects.random });

export const patchingRecipe = z.object({ view: z.literal('patching'), ...page, result: storedEffects.patching });

export const pathsRecipe = z.object({ view: z.literal('paths'), ...page, result: storedEffects.paths });

export const keysRecipe = z.object({
  view: z.literal('keys'),
  ...page,
  result: storedEffects.keys,
  /** What the bars are, and the list is sorted by. */
  by: z.enum(KEY_COLUMNS).default('deviation'),
  /** Keys that are listed. */
  rows: z.number().int().min(0).max(100).default(8),
});

export const importanceRecipe = z.object({
  view: z.literal('importance'),
  ...page,
  result: storedEffects.importance,
  /** How many heads have their name, those farthest out first. */
  names: z.number().int().min(0).max(200).default(8),
});

/** Results of the method lab likewise. What methods read is asked of the engine, by the names that the result has. */
const labPlot = {
  measure: z.enum(LAB_MEASURES),
  cost: z.enum(LAB_COSTS),
  /** Whether the cost is on a logarithmic scale. */
  log: z.boolean().default(false),
};

export const methodsRecipe = z.object({
  view: z.literal('methods'),
  ...page,
  result: storedLab.lab,
  ...labPlot,
  measure: labPlot.measure.default('outputErrorWO'),
  cost: labPlot.cost.default('ratio'),
});

export const accuracyRecipe = z.object({
  view: z.literal('accuracy'),
  ...page,
  result: storedLab.task,
  ...labPlot,
  measure: labPlot.measure.default('accuracy'),
  cost: labPlot.cost.default('read'),
});

export const methodTableRecipe = z.object({
  view: z.literal('method-table'),
  ...page,
  result: storedLab.lab,
  /** Ids of columns; those that there are not are left out. */
  columns: z
    .array(z.string().max(64))
    .max(64)
    .default(['read', 'resident', 'ratio', 'recall', 'lostMass', 'outputErrorWO', 'kl', 'nllAnswer', 'accuracy']),
});

const cellValues = z.enum(['notable', 'all', 'none']).default('notable');

/** Keys that methods give to layers and heads. */
export const allocationRecipe = z.object({
  view: z.literal('allocation'),
  ...page,
  result: storedLab.lab,
  rows: z.array(index).min(1).max(6).default([0]),
  selected: headId.nullable().default(null),
  values: cellValues,
});

/** One method over all heads. */
export const keptRecipe = z.object({
  view: z.literal('kept'),
  ...page,
  result: storedLab.lab,
  row: index.default(0),
  quantity: z.enum(KEPT_QUANTITIES).default('lostMass'),
  selected: headId.nullable().default(null),
  values: cellValues,
});

/** Keys that one head reads, by query. */
export const ribbonRecipe = z.object({
  view: z.literal('ribbon'),
  ...page,
  result: storedLab.lab,
  row: index.default(0),
  head: headId.default({ layer: 0, head: 0 }),
  /** Framed. */
  query: index.nullable().default(null),
});

/** Attention of one head under methods, side by side. */
export const methodMapsRecipe = z.object({
  view: z.literal('method-maps'),
  ...page,
  result: storedLab.lab,
  head: headId.default({ layer: 0, head: 0 }),
  /** `row`: of the comparison; null = dense attention, which has its probability alone. */
  maps: z
    .array(z.object({ row: index.nullable(), value: z.enum(METHOD_TILE_VALUES).default('probability') }))
    .min(1)
    .max(MOST_METHOD_MAPS),
  scale: mapOptions.scale,
  columns: z.number().int().min(1).max(MOST_METHOD_MAPS).nullable().default(null),
});

export const decodeRecipe = z.object({ view: z.literal('decode'), ...page, result: storedLab.decode });

export const figureRecipeSchema = z.discriminatedUnion('view', [
  mapRecipe,
  compareRecipe,
  atlasRecipe,
  mapsRecipe,
  rankedRecipe,
  scatterRecipe,
  histogramRecipe,
  headRecipe,
  distanceRecipe,
  stripRecipe,
  sinksRecipe,
  nextRecipe,
  effectRecipe,
  generationRecipe,
  resultsRecipe,
  curveRecipe,
  doseRecipe,
  greedyRecipe,
  randomRecipe,
  patchingRecipe,
  pathsRecipe,
  keysRecipe,
  importanceRecipe,
  methodsRecipe,
  accuracyRecipe,
  methodTableRecipe,
  allocationRecipe,
  keptRecipe,
  ribbonRecipe,
  methodMapsRecipe,
  decodeRecipe,
]);
/** With its defaults filled in. */
export type FigureRecipe = z.output<typeof figureRecipeSchema>;
export type FigureRecipeInput = z.input<typeof figureRecipeSchema>;
export type FigureViewId = FigureRecipe['view'];
export type RecipeOf<V extends FigureViewId> = Extract<FigureRecipe, { readonly view: V }>;

export const FIGURE_VIEWS = figureRecipeSchema.options.map((option) => option.shape.view.value);

/** Throws `bad-request` with the first misfit. */
export function parseRecipe(value: unknown): FigureRecipe {
  const parsed = figureRecipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue && issue.path.length > 0 ? issue.path.join('.') : 'it';
  throw new AppError(
    'bad-request',
    `The recipe of the figure does not fit: ${field}: ${issue?.message ?? 'invalid'}.`,
    {
      hint: 'Check that field of the recipe.',
    },
  );
}

/** The mode of a map's recipe. */
export function sinkModeOf({ sinkMode, excludeSinks }: Pick<RecipeOf<'map'>, 'sinkMode' | 'excludeSinks'>): SinkMode {
  return sinkMode ?? (excludeSinks === true ? 'exclude' : 'gutter');
}

/** What the page of every figure is. */
export type FigurePage = Pick<
  FigureRecipe,
  'view' | 'widthMm' | 'heightMm' | 'fontPt' | 'title' | 'caption' | 'theme' | 'dpi'
>;
