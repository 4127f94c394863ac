/**
 * What is changed in a run: an ordered list of entries, each of one kind at one place. Of entries that edit the same
 * head, a later one works on what the earlier ones left; factors multiply.
 */
import { z } from 'zod';
import type { HeadId } from './head-id.ts';
import { INTERVENTION_KIND_IDS, interventionKind } from './intervention-kinds/index.ts';
import { placeSchema } from './place.ts';
import { positionRangeSchema } from './position-ranges.ts';

/** Prompts as token ids: the user's own, or samples of a task, cut and padded to no length. */
export const interventionSourceSchema = z.union([
  z.strictObject({
    prompts: z
      .array(
        z
          .array(z.number().int().min(0))
          .min(1)
          .max(2 ** 20),
      )
      .min(1)
      .max(1024),
  }),
  z.strictObject({
    task: z.string().min(1).max(64),
    samples: z.number().int().min(1).max(1024),
    seed: z.number().int().min(0),
  }),
]);
export type InterventionSource = z.infer<typeof interventionSourceSchema>;

const ranges = z.array(positionRangeSchema).min(1).max(1024);

const entrySchema = z.strictObject({
  what: z.enum(INTERVENTION_KIND_IDS),
  where: placeSchema,
  /** Query positions; absent: all. */
  rows: ranges.optional(),
  /** Key positions; absent: all, or those that the kind finds itself. */
  keys: ranges.optional(),
  /** Those of the kind that differ from its defaults. */
  parameters: z.record(z.string().max(64), z.union([z.number(), z.string().max(64)])).optional(),
  source: interventionSourceSchema.optional(),
  /** Stays in the list without effect. */
  off: z.literal(true).optional(),
});

/** As entries stood in files before there were parameters. */
const factorSchema = z
  .strictObject({ what: z.literal('scale'), where: placeSchema, factor: z.number() })
  .transform(({ factor, ...entry }) => ({ ...entry, parameters: { factor } }));

export type Intervention = z.infer<typeof entrySchema>;
export const interventionSchema: z.ZodType<Intervention, Intervention | z.input<typeof factorSchema>> = z.union([
  entrySchema,
  factorSchema,
]);

/** Whether the norm before the unembedding is that of the changed residual, or keeps the clean run's scale. */
export const FINAL_NORMS = ['recomputed', 'frozen'] as const;
export type FinalNorm = (typeof FINAL_NORMS)[number];

export function zeroHead({ layer, head }: HeadId) {
  return { what: 'zero', where: { layer, head } } as const satisfies Intervention;
}

/** Of an entry, defaults filled in. */
export function parameterOf(
  { what, parameters }: Pick<Intervention, 'what' | 'parameters'>,
  id: string,
): number | string {
  const value = parameters?.[id] ?? interventionKind(what).parameters.find((parameter) => parameter.id === id)?.default;
  if (value === undefined) throw new Error(`Interventions of the kind ${what} have no parameter ${id}.`);
  return value;
}

export function numberParameter(entry: Pick<Intervention, 'what' | 'parameters'>, id: string): number {
  return Number(parameterOf(entry, id));
}

export function choiceParameter(entry: Pick<Intervention, 'what' | 'parameters'>, id: string): string {
  return String(parameterOf(entry, id));
}

export function activeInterventions(list: readonly Intervention[]): Intervention[] {
  return list.filter(({ off }) => !off);
}

/** The entry with effect again. */
export function switchedOn(entry: Intervention): Intervention {
  const on = { ...entry };
  delete on.off;
  return on;
}
