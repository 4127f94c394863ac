import type { FinalNorm } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { PromptSource } from './run-state.ts';

/** A finished result pinned as B, which what is on screen (A) is compared with. Its score tables lie in the cache. */
export interface Reference {
  /** Names its tables in the cache; never used again. */
  readonly id: string;
  readonly modelId: string;
  readonly model: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly source: PromptSource;
  readonly tokens: number;
  /** In canonical form; empty for the clean run. */
  readonly interventions: string;
  /** Absent where it is recomputed. */
  readonly finalNorm?: FinalNorm | undefined;
}

export interface PinnedScore {
  /** The same for the same score of the same kind of origin, whatever the model and the prompt. */
  readonly key: string;
  readonly table: ScoreTable;
}

/** What the list of heads is sorted by: the natural order, the size of the difference, the difference, or a value. */
export const COMPARED_COLUMNS = ['head', 'size', 'difference', 'a', 'b'] as const;
export type ComparedColumn = (typeof COMPARED_COLUMNS)[number];

export interface ReferenceState {
  /** The comparison stands in the place of the plots of all heads. */
  readonly shown: boolean;
  readonly sortBy: ComparedColumn;
}

export const initialReference: ReferenceState = { shown: true, sortBy: 'size' };
