import type { HeadId } from '../../shared/model/head-id.ts';
import { NO_FILTER, type HeadFilter } from '../../shared/view/atlas/head-filter.ts';
import type { HeadComparison } from './comparison.ts';
import { initialDecodeSettings, type DecodeSettings } from './decode-state.ts';
import type { TokenFold } from './folds.ts';
import type { PromptSettings } from './lab-state.ts';
import type { LabStep } from './lab-step.ts';
import type { Reference } from './reference-state.ts';
import { initialScenarios, type ScenarioState } from './scenarios.ts';

/** What the editor holds, both for text and for ids. */
export interface PromptContent {
  readonly text: string;
  readonly idsText: string;
}

/** The editor as a step left it, with what was set in the lab for the prompt on screen. */
export interface LeftPrompt extends PromptContent {
  readonly bos: boolean;
  readonly lab: PromptSettings;
}

/**
 * Marks which step last replaced the prompt as a whole. Typing is no step: it belongs to the text field's own undo. What
 * was left is kept on both sides of such a step, so that undo and redo can bring it back; elsewhere it says nothing.
 */
export interface PromptMark {
  readonly version: number;
  readonly left: LeftPrompt | undefined;
}

/** The part of the state that undo and redo go through. */
export interface EditState extends ScenarioState {
  readonly head: HeadId | undefined;
  readonly pinnedToken: number | undefined;
  readonly prompt: PromptMark;
  /** Maps of several heads stand side by side. */
  readonly comparison: HeadComparison | undefined;
  /** Spans that the axes of the map show as one bracket, of any prompt. */
  readonly folds: readonly TokenFold[];
  /** Which heads the lists and plots of scores are narrowed down to. */
  readonly filter: HeadFilter;
  /** Pinned as B; stays with another prompt and another model. */
  readonly reference: Reference | undefined;
  /** Which step changed the lab's settings last. These are in `lab`; undo and redo bring back what the step changed. */
  readonly lab: LabStep | undefined;
  /** Of the decode view; stays with another model. */
  readonly decode: DecodeSettings;
}

export const initialEdit: EditState = {
  ...initialScenarios,
  head: undefined,
  pinnedToken: undefined,
  prompt: { version: 0, left: undefined },
  comparison: undefined,
  folds: [],
  filter: NO_FILTER,
  reference: undefined,
  lab: undefined,
  decode: initialDecodeSettings,
};
