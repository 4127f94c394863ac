import type { ScoreTable } from '../model/score.ts';

/** A table that neither the run nor the weights give: of a probe set, or of a file. */
export interface BroughtScore {
  /** As the recipe names it. */
  readonly key: string;
  /** `Needle, 20 prompts, seed 0`; stands in the caption. */
  readonly origin: string;
  readonly table: ScoreTable;
}
