/** Results of sweeps and patching as JSON: in the state of a session, and in the recipes of their figures. */
import { z } from 'zod';
import { BADGES } from '../model/badge.ts';
import {
  changeSchema,
  EFFECT_METRICS,
  PATCH_DIRECTIONS,
  PATCH_GRIDS,
  PATCH_HOOKS,
  type PatchResult,
} from '../model/effect.ts';
import type { EffectResults } from '../model/effect-results.ts';
import { FINAL_NORMS } from '../model/intervention.ts';
import { PLACE_KINDS, placeSchema } from '../model/place.ts';
import { packedFloat32, packedFloat64, packedInt32, packedLength, packedNumber, type Packed } from './packed.ts';

const name = z.string().max(1000);
const index = z.number().int().min(0);
const count = z.number().int().min(1);
const headId = z.object({ layer: index.max(4095), head: index.max(4095) });
const token = z.object({ id: z.number().int(), display: name });
const compared = z.object({ position: index, token, against: token, difference: packedNumber });
const work = z.object({ forwards: index, milliseconds: z.number().min(0), flopBound: packedNumber });
const effect = z.object(
  Object.fromEntries(EFFECT_METRICS.map((metric) => [metric, packedNumber])) as {
    [M in (typeof EFFECT_METRICS)[number]]: typeof packedNumber;
  },
);

const about = z
  .object({
    modelId: name,
    model: name,
    layers: count.max(4096),
    heads: count.max(4096),
    kvHeads: count,
    tokens: count.nullable(),
    prompt: name,
    on: z.string().max(2 ** 20),
    finalNorm: z.enum(FINAL_NORMS),
  })
  .refine(({ heads, kvHeads }) => heads % kvHeads === 0);

const sweep = z.object({
  about,
  change: changeSchema,
  places: z.enum(PLACE_KINDS),
  target: compared,
  work,
  origin: z.string().max(64),
});

const greedy = z.object({
  about,
  change: changeSchema,
  target: compared,
  metric: z.enum(EFFECT_METRICS),
  steps: z
    .array(z.object({ place: placeSchema, effect }))
    .min(1)
    .max(256),
  work,
});

const dose = z
  .object({
    about,
    place: placeSchema,
    target: compared,
    factors: packedFloat64,
    effects: z.array(effect).min(1).max(256),
    work,
  })
  .refine(({ factors, effects }) => packedLength(factors) === effects.length, 'There is one effect a factor.');

const bounds = z.object({ low: packedNumber, high: packedNumber, below: packedNumber });
const random = z.object({
  about,
  change: changeSchema,
  heads: z.array(headId).min(1).max(4096),
  matched: z.boolean(),
  seed: index,
  target: compared,
  effect,
  draws: z
    .array(z.object({ heads: z.array(headId).max(4096), effect }))
    .min(1)
    .max(1000),
  interval: z.object(
    Object.fromEntries(EFFECT_METRICS.map((metric) => [metric, bounds])) as {
      [M in (typeof EFFECT_METRICS)[number]]: typeof bounds;
    },
  ),
  work,
});

const share = z.number().min(0).max(1);
const accuracy = z.object({ heads: index, accuracy: share, low: share, high: share, prompts: index, draws: index });
const curve = z.object({
  about,
  task: name,
  badge: z.enum(BADGES),
  change: changeSchema,
  ranking: z.array(headId).min(1).max(4096),
  ranked: z.array(accuracy).min(1).max(65),
  random: z.array(accuracy).max(65),
  rankedBy: name,
  matched: z.boolean(),
  lengths: z.array(count).max(64),
  samples: count,
  seed: index,
});

const keys = z
  .object({
    about,
    head: headId,
    query: index,
    tokens: z
      .array(name)
      .min(1)
      .max(2 ** 17),
    weight: packedFloat32,
    deviation: packedFloat32,
    relative: packedFloat32,
    logit: packedFloat32,
    token,
    against: token,
  })
  .refine(
    ({ tokens, query, weight, deviation, relative, logit }) =>
      tokens.length === query + 1 &&
      [weight, deviation, relative, logit].every((values) => packedLength(values) === tokens.length),
    'There is one number a key.',
  );

const view = z.object({
  id: z.number().int(),
  display: name,
  text: name,
  start: z.number().int(),
  end: z.number().int(),
  special: z.boolean(),
});
const pair = z
  .object({ clean: z.array(view).max(2 ** 17), corrupted: z.array(view).max(2 ** 17), partners: packedInt32 })
  .refine(({ clean, partners }) => packedLength(partners) === clean.length, 'There is one partner a token.');
const ends = { token, against: token, clean: packedNumber, corrupted: packedNumber };

const patched = z
  .object({
    ...ends,
    pair,
    direction: z.enum(PATCH_DIRECTIONS),
    hook: z.enum(PATCH_HOOKS),
    grid: z.enum(PATCH_GRIDS),
    shape: z.tuple([count, count, count]),
    values: packedFloat64,
    recovery: packedFloat64,
    work,
  })
  .refine(
    ({ shape: [layers, heads, positions], values, recovery }) =>
      [values, recovery].every((each) => packedLength(each) === layers * heads * positions),
    'There is one number a patch.',
  ) satisfies z.ZodType<Packed<PatchResult>>;

const patching = z
  .object({ about, denoise: patched.exactOptional(), noise: patched.exactOptional() })
  .refine(({ denoise, noise }) => denoise !== undefined || noise !== undefined, 'There is one direction at least.');

const paths = z
  .object({
    ...ends,
    about,
    pair,
    direction: z.enum(PATCH_DIRECTIONS),
    sender: headId,
    mlps: z.enum(['recomputed', 'frozen']),
    logits: packedNumber,
    q: packedFloat64,
    k: packedFloat64,
    v: packedFloat64,
    work,
  })
  .refine(
    ({ about: of, q, k, v }) => [q, k, v].every((values) => packedLength(values) === of.layers * of.heads),
    'There is one number a head.',
  );

const importance = z
  .object({
    about,
    epsilon: z.number().positive().max(1),
    signed: z.boolean(),
    error: z.object({
      heads: index,
      pearson: packedNumber,
      spearman: packedNumber,
      maxError: packedNumber,
      meanError: packedNumber,
    }),
    work,
    origin: z.string().max(64),
    scores: z.object({ approximate: z.string().max(64), exact: z.string().max(64) }),
    approximate: packedFloat64,
    exact: packedFloat64,
  })
  .refine(
    ({ about: of, approximate, exact }) =>
      [approximate, exact].every((values) => packedLength(values) === of.layers * of.heads),
    'There is one number a head.',
  );

export const storedEffects = {
  sweep,
  greedy,
  dose,
  random,
  curve,
  keys,
  patching,
  paths,
  importance,
} as const satisfies {
  [Kind in keyof EffectResults]: z.ZodType<Packed<EffectResults[Kind]>>;
};
export type StoredEffects = { readonly [Kind in keyof typeof storedEffects]: z.infer<(typeof storedEffects)[Kind]> };
