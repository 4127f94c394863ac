/** One token of a prompt, ready to be shown. */
export interface TokenView {
  readonly id: number;
  /**
   * Readable form with visible blanks: space as `·`, newline as `⏎`, tab as `⇥`; a token whose bytes are no complete
   * UTF-8 sequence shows them as `⟨E2⟩⟨82⟩`; in id mode the id as `#12`.
   */
  readonly display: string;
  /** The text it stands for, without marks; empty where the bytes are not valid UTF-8 on their own. */
  readonly text: string;
  /**
   * Range in the prompt text, in UTF-16 code units, end exclusive. Tokens that split one character share its range.
   * Both -1 for tokens that stand for no text (BOS, id mode).
   */
  readonly start: number;
  readonly end: number;
  readonly special: boolean;
}
