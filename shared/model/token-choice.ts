/** A candidate for the next token. */
export interface TokenChoice {
  readonly id: number;
  readonly display: string;
  /** The text itself; empty where its bytes are not valid UTF-8 on their own. */
  readonly text: string;
  readonly prob: number;
  readonly logit: number;
}
