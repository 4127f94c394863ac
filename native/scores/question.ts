/** A question with several choices, as its prompt holds it. */
export interface Question {
  /** Row of the last token, whose query chooses. */
  readonly row: number;
  /** Position of the line end that closes each choice: what stands for the choice to a head. */
  readonly ends: readonly number[];
  /** Index of the right one. */
  readonly correct: number;
}
