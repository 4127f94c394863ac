import type { WireError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { Budget, MethodParameters } from '../../shared/model/method.ts';
import type { Fidelity } from '../../shared/model/method-result.ts';
import type { QuestionView } from '../../shared/model/method-task.ts';
import type { MethodTileValue } from '../../shared/model/method-views.ts';
import { FIRST_GROUPS, type LabColumnGroup } from '../../shared/view/lab/columns.ts';
import type { LabCost, LabMeasure } from '../../shared/view/lab/measures.ts';

/** What stands in the method lab. */
export const LAB_TABS = ['compare', 'maps', 'kept', 'task'] as const;
export type LabTab = (typeof LAB_TABS)[number];

/** A method on the list of those that are compared. */
export interface LabEntry {
  readonly method: string;
  /** Those that were given, be they the same as the defaults of the moment. */
  readonly parameters: MethodParameters;
  /** Null: those of all. */
  readonly budgets: readonly Budget[] | null;
}

export interface LabTaskSettings {
  readonly task: string;
  /** Empty: the longest that the model reads. */
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  readonly samples: number;
  readonly seed: number;
  readonly questions: readonly QuestionView[];
  readonly fidelity: Fidelity;
}

/** Who wrote the answer: the person, dense attention, or the task that the prompt was taken from. */
export const ANSWER_ORIGINS = ['typed', 'generated', 'task'] as const;
export type AnswerOrigin = (typeof ANSWER_ORIGINS)[number];

export interface LabSettings {
  readonly entries: readonly LabEntry[];
  readonly budgets: readonly Budget[];
  /** First token of the question; null: where it seems to begin. */
  readonly questionStart: number | null;
  /** As text, or ids as the prompt takes them; empty: none. */
  readonly answer: string;
  readonly answerFrom: AnswerOrigin;
  readonly question: QuestionView;
  readonly fidelity: Fidelity;
  /** Of a generated answer. */
  readonly maxTokens: number;
  readonly cost: LabCost;
  readonly measure: LabMeasure;
  /** Whether the plot's cost is on a logarithmic scale. */
  readonly logCost: boolean;
  readonly task: LabTaskSettings;
}

/** What is set for one prompt alone. */
export interface PromptSettings {
  /** `promptName` of the prompt. */
  readonly of: string | undefined;
  readonly settings: Pick<LabSettings, 'questionStart' | 'answer' | 'answerFrom'>;
}

/** One of the maps side by side; `row` of the result, null = dense attention. */
export interface LabMap {
  readonly row: number | null;
  readonly value: MethodTileValue;
}

/** `again`: what the engine no longer holds of the comparison that there is. */
export type LabJobKind = 'compare' | 'task' | 'answer' | 'again';

export interface LabState {
  readonly shown: LabTab;
  readonly settings: LabSettings;
  /** What undo or redo brought back together with its prompt, until that prompt has run. */
  readonly waiting: PromptSettings | undefined;
  readonly job:
    { readonly kind: LabJobKind; readonly phase: string; readonly progress: Progress | undefined } | undefined;
  /** Was cancelled with something done. */
  readonly cancelled: LabJobKind | undefined;
  readonly failed: { readonly kind: LabJobKind; readonly error: WireError } | undefined;
  /** What the cache calls the last `LabRecord` and `LabTaskRecord`. */
  readonly result: string | undefined;
  readonly taskResult: string | undefined;
  /** Key of the run that comparisons are made on, which the engine is to keep. */
  readonly runKey: string | undefined;
  /** Row of the result that the views of kept keys show. */
  readonly row: number;
  /** Up to six; empty: dense and the first rows. */
  readonly maps: readonly LabMap[];
  /** Position of the query that is looked at; null: the last one. */
  readonly query: number | null;
  /** Key that is pinned. */
  readonly key: number | null;
  /** Of the plot of a task; undefined: accuracy where there is one. */
  readonly taskMeasure: LabMeasure | undefined;
  /** Groups of columns that the table shows. */
  readonly columns: readonly LabColumnGroup[];
  /** Column that the table is sorted by; null: in the order of the list. */
  readonly sort: { readonly column: string; readonly descending: boolean } | null;
}

export const initialLab: LabState = {
  shown: 'compare',
  settings: {
    entries: ['dense', 'sink-window', 'h2o', 'snapkv', 'quest', 'topk'].map((method) => ({
      method,
      parameters: {},
      budgets: null,
    })),
    budgets: [0.0625, 0.125, 0.25, 0.5].map((share) => ({ share })),
    questionStart: null,
    answer: '',
    answerFrom: 'typed',
    question: 'unseen',
    fidelity: 'F2',
    maxTokens: 16,
    // Most budgets are of keys that are read; what a method holds is the same for all that do not evict.
    cost: 'read',
    measure: 'outputErrorWO',
    logCost: false,
    task: {
      task: 'needle',
      lengths: [],
      depths: [0.1, 0.5, 0.9],
      samples: 5,
      seed: 0,
      questions: ['unseen'],
      fidelity: 'F3',
    },
  },
  waiting: undefined,
  job: undefined,
  cancelled: undefined,
  failed: undefined,
  result: undefined,
  taskResult: undefined,
  runKey: undefined,
  row: 0,
  maps: [],
  query: null,
  key: null,
  taskMeasure: undefined,
  columns: FIRST_GROUPS,
  sort: null,
};
