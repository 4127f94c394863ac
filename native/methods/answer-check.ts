/** Whether an answer is what greedy decoding gives, from rows that were given the answer itself. */

export interface AnswerCheck {
  /** Whether greedy decoding begins with the answer: it does where every token is the likeliest after those before it. */
  readonly isRight: boolean;
  /** Tokens that are the likeliest in their place, given the right ones before them. */
  readonly rightTokens: number;
}

/** `chosen`: the likeliest token in the place of each token of the answer. */
export function checkAnswer(chosen: Int32Array, answer: ArrayLike<number>): AnswerCheck {
  if (chosen.length !== answer.length) {
    throw new Error(`${chosen.length} choices were compared with ${answer.length} tokens.`);
  }
  const rightTokens = chosen.reduce((sum, id, at) => sum + (id === answer[at] ? 1 : 0), 0);
  return { isRight: rightTokens === answer.length, rightTokens };
}
