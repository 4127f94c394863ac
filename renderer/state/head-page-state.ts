/** Which circuits' product composition is measured on: what a later head's query, key or value reads. */
export const COMPOSITION_KINDS = ['q', 'k', 'v'] as const;
export type CompositionKind = (typeof COMPOSITION_KINDS)[number];

/** Tokens whose logit, or difference of logits, is taken apart. */
export interface LogitChoice {
  /** Key of the run. */
  readonly of: string;
  /** Whose row predicts the tokens. */
  readonly position: number;
  readonly token: number;
  readonly against: number | undefined;
}

export interface HeadPageState {
  /** What the user wrote about heads, by model and head: `notes[modelId]['L5H1']`. */
  readonly notes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Key of the score whose best prompts are shown; undefined: that of the atlas, or the first there is. */
  readonly best: string | undefined;
  readonly composition: CompositionKind;
  /** Undefined: not asked for yet. */
  readonly logit: LogitChoice | undefined;
}

export const initialHeadPage: HeadPageState = {
  notes: {},
  best: undefined,
  composition: 'q',
  logit: undefined,
};
