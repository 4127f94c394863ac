import { z } from 'zod';
import { FIDELITIES } from '../../model/method-result.ts';
import { QUESTION_VIEWS } from '../../model/method-task.ts';
import { METHOD_TILE_VALUES } from '../../model/method-views.ts';
import { FIRST_GROUPS, LAB_COLUMN_GROUPS } from '../../view/lab/columns.ts';
import { LAB_COSTS, LAB_MEASURES } from '../../view/lab/measures.ts';
import { defineSlice } from '../slice.ts';
import { budgetSchema, choiceSchema, storedLab } from '../stored-lab.ts';

const index = z.number().int().min(0);
const count = z.number().int().min(1);
const name = z.string().max(256);
const budgets = z.array(budgetSchema).max(32);

const settings = z.object({
  entries: z.array(choiceSchema.omit({ budget: true }).extend({ budgets: budgets.nullable() })).max(64),
  budgets,
  questionStart: index.nullable(),
  answer: z.string().max(2 ** 20),
  answerFrom: z.enum(['typed', 'generated', 'task']).default('typed'),
  question: z.enum(QUESTION_VIEWS),
  fidelity: z.enum(FIDELITIES),
  maxTokens: count.max(1024),
  cost: z.enum(LAB_COSTS),
  measure: z.enum(LAB_MEASURES),
  logCost: z.boolean().default(false),
  task: z.object({
    task: name,
    lengths: z.array(count).max(64),
    depths: z.array(z.number().min(0).max(1)).max(64),
    samples: count.max(10_000),
    seed: index,
    questions: z.array(z.enum(QUESTION_VIEWS)).min(1).max(QUESTION_VIEWS.length),
    fidelity: z.enum(FIDELITIES).default('F3'),
  }),
});

const labSchema = z.object({
  shown: z.enum(['compare', 'maps', 'kept', 'task']),
  settings,
  /**
   * Without the engine's names: that of a run is its role in the session or empty, that of a trace is what the file
   * calls it.
   */
  result: storedLab.lab.nullable(),
  taskResult: storedLab.task.nullable(),
  row: index,
  maps: z.array(z.object({ row: index.nullable(), value: z.enum(METHOD_TILE_VALUES) })).max(6),
  query: index.nullable(),
  key: index.nullable(),
  taskMeasure: z.enum(LAB_MEASURES).nullable().default(null),
  columns: z
    .array(z.enum(LAB_COLUMN_GROUPS))
    .max(LAB_COLUMN_GROUPS.length)
    .default([...FIRST_GROUPS]),
  sort: z.object({ column: name, descending: z.boolean() }).nullable().default(null),
});
export type LabData = z.infer<typeof labSchema>;

/** Methods side by side: what is compared and what came of it. */
export const labSlice = defineSlice({
  id: 'lab',
  name: 'the results of the method lab',
  version: 1,
  schema: labSchema,
  upgrades: [],
});
