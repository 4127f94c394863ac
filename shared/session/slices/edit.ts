import { z } from 'zod';
import { FINAL_NORMS, interventionSchema } from '../../model/intervention.ts';
import { defineSlice } from '../slice.ts';

const index = z.number().int().min(0);
const head = z.object({ layer: index, head: index });
const id = z.string().min(1).max(64);

const scenario = z.object({
  id,
  name: z.string().max(200),
  interventions: z.array(interventionSchema).max(4096),
  finalNorm: z.enum(FINAL_NORMS),
});

const fields = z.object({
  /** Named lists of interventions, in order. */
  scenarios: z
    .array(scenario)
    .min(1)
    .max(256)
    .refine((scenarios) => new Set(scenarios.map((one) => one.id)).size === scenarios.length),
  /** The one in force. */
  current: id,
  /** What it is compared with. */
  compared: id.nullable(),
  head: head.nullable(),
  pinnedToken: index.nullable(),
  comparison: z
    .object({
      modelId: z.string(),
      heads: z.array(head).min(1).max(6),
      difference: z.object({ of: head, minus: z.union([head, z.literal('clean')]) }).nullable(),
    })
    .nullable(),
  folds: z.array(z.object({ of: z.string(), start: index, end: index, name: z.string() })).max(4096),
});

const editSchema = fields.refine(({ scenarios, current, compared }) =>
  [current, compared].every((wanted) => wanted === null || scenarios.some((one) => one.id === wanted)),
);
export type EditData = z.infer<typeof editSchema>;

/** Before there were scenarios, there was one list without a name. */
function withScenarios(data: unknown): unknown {
  const { interventions, ...rest } = data as { readonly interventions: unknown };
  const only = { id: 's1', name: 'Scenario 1', interventions, finalNorm: 'recomputed' };
  return { scenarios: [only], current: only.id, compared: null, ...rest };
}

/** What undo goes through: interventions, the selected head, the pin, the comparison, folded spans. */
export const editSlice = defineSlice({
  id: 'edit',
  name: 'the interventions and the selection',
  version: 2,
  schema: editSchema,
  upgrades: [withScenarios],
});
