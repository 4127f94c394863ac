import { z } from 'zod';
import { interventionSchema } from '../../model/intervention.ts';
import { defineSlice } from '../slice.ts';

const index = z.number().int().min(0);
const head = z.object({ layer: index, head: index });

const editSchema = z.object({
  interventions: z.array(interventionSchema).max(4096),
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
export type EditData = z.infer<typeof editSchema>;

/** What undo goes through: interventions, the selected head, the pin, the comparison, folded spans. */
export const editSlice = defineSlice({
  id: 'edit',
  name: 'the interventions and the selection',
  version: 1,
  schema: editSchema,
  upgrades: [],
});
