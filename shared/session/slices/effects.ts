import { z } from 'zod';
import {
  ALIGNMENTS,
  changeSchema,
  EFFECT_METRICS,
  PATCH_DIRECTIONS,
  PATCH_GRIDS,
  PATCH_HOOKS,
} from '../../model/effect.ts';
import { EFFECT_KINDS } from '../../model/effect-results.ts';
import { FINAL_NORMS } from '../../model/intervention.ts';
import { PLACE_KINDS } from '../../model/place.ts';
import { KEY_COLUMNS } from '../../view/effects/key-rows.ts';
import { defineSlice } from '../slice.ts';
import { storedEffects } from '../stored-effects.ts';

const index = z.number().int().min(0);
const count = z.number().int().min(1);
const name = z.string().max(256);

const settings = z.object({
  change: changeSchema,
  places: z.enum(PLACE_KINDS),
  on: z.enum(['clean', 'changed']),
  position: index.nullable(),
  token: index.nullable(),
  against: index.nullable(),
  /** Null: as the interventions have it. */
  finalNorm: z.enum(FINAL_NORMS).nullable(),
  metric: z.enum(EFFECT_METRICS),
  count: count.max(256),
  factors: z
    .object({ from: z.number(), to: z.number(), step: z.number().positive() })
    .refine(({ from, to }) => from < to, 'Factors ascend.'),
  draws: z.number().int().min(2).max(1000),
  matched: z.boolean(),
  seed: index,
  curve: z.object({
    task: name,
    lengths: z.array(count).max(64),
    depths: z.array(z.number().min(0).max(1)).max(64),
    samples: count.max(10_000),
    seed: index,
    counts: z.array(count).min(1).max(64),
    draws: index.max(1000),
    score: name.nullable(),
    order: z.enum(['descending', 'ascending', 'magnitude']),
    matched: z.boolean(),
  }),
  /** Null: a copy of the prompt. */
  corrupted: z
    .string()
    .max(2 ** 21)
    .nullable(),
  align: z.enum(ALIGNMENTS),
  hook: z.enum(PATCH_HOOKS),
  grid: z.enum(PATCH_GRIDS),
  direction: z.enum([...PATCH_DIRECTIONS, 'both']),
  mlps: z.enum(['recomputed', 'frozen']),
  epsilon: z.number().min(1e-3).max(1),
  signed: z.boolean(),
  keysBy: z.enum(KEY_COLUMNS),
});

const { sweep, greedy, dose, random, curve, keys, patching, paths, importance } = storedEffects;
const effectsSchema = z.object({
  shown: z.enum(EFFECT_KINDS),
  settings,
  /** The last one of each kind. */
  results: z.object({
    sweep: sweep.exactOptional(),
    greedy: greedy.exactOptional(),
    dose: dose.exactOptional(),
    random: random.exactOptional(),
    curve: curve.exactOptional(),
    keys: keys.exactOptional(),
    patching: patching.exactOptional(),
    paths: paths.exactOptional(),
    importance: importance.exactOptional(),
  }),
});
export type EffectsData = z.infer<typeof effectsSchema>;

/** Sweeps, patching and what else was changed one thing after the other. */
export const effectsSlice = defineSlice({
  id: 'effects',
  name: 'the results of sweeps and patching',
  version: 1,
  schema: effectsSchema,
  upgrades: [],
});
