import type { FigureViewId } from '../../shared/figure/recipe.ts';
import type { HeadId } from '../../shared/model/head-id.ts';

export type DialogName =
  'palette' | 'help' | 'folder' | 'models' | 'session' | 'figure' | 'unsaved' | 'scores' | 'probe';

/** What the score that is being chosen is for. */
export type ScoreTarget = 'atlas' | 'glyphs' | 'columns' | 'x' | 'y';

export interface UiState {
  /** The dialog on top; at most one. */
  readonly dialog: DialogName | undefined;
  /** What the figure dialog begins with; undefined = the main one. */
  readonly figureView: FigureViewId | undefined;
  readonly scoreTarget: ScoreTarget;
  /** Head under the pointer, in the atlas, a list or a plot. */
  readonly hoverHead: HeadId | undefined;
  /** Token under the pointer, in the strip or on the map. */
  readonly hoverToken: number | undefined;
  /** Key under the pointer in what a method kept, and the query where the place has one. */
  readonly keptHover: KeptHover | undefined;
  /** Tokens of the prompt on screen that are selected on the strip. */
  readonly tokenRange: TokenRange | undefined;
  /** Tokens whose logits the interventions are measured by; undefined: chosen by rule. */
  readonly logitPair: LogitPair | undefined;
  /** The same with the rule's choice, and where: what is to be known for the results on screen. */
  readonly askedLogits: (LogitPair & { readonly position: number }) | undefined;
  /** The automatic choice of the head gives way to the first choice of the person. */
  readonly headChosen: boolean;
  readonly notice: Notice | undefined;
}

export interface KeptHover {
  /** Undefined: the one that is looked at. */
  readonly query: number | undefined;
  readonly key: number;
}

/** Tokens `start` to `end` - 1. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

/** Ids. */
export interface LogitPair {
  readonly token: number;
  readonly against: number;
}

export interface Notice {
  readonly tone: 'info' | 'bad';
  readonly text: string;
}

export const initialUi: UiState = {
  dialog: undefined,
  figureView: undefined,
  scoreTarget: 'atlas',
  hoverHead: undefined,
  hoverToken: undefined,
  keptHover: undefined,
  tokenRange: undefined,
  logitPair: undefined,
  askedLogits: undefined,
  headChosen: false,
  notice: undefined,
};
