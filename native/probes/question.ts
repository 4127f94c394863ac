/** Questions with several choices, of which one is right. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Question } from '../scores/question.ts';
import { encodePiece } from '../tasks/encode-piece.ts';
import type { AnsweredPrompt, TaskContext } from '../tasks/task.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * `question`, then a line `A. ...` for each choice, then `Answer:`; the answer is the letter. Everything is joined as
 * tokens, so where the choices end is known. Throws `bad-request` where a tokenizer has no line end of its own.
 */
export function questionSample(
  { model }: TaskContext,
  question: readonly number[],
  choices: readonly (readonly number[])[],
  correct: number,
): AnsweredPrompt & { readonly question: Question } {
  const { tokenizer } = model;
  const prompt = [...question];
  const lineEnd = encodePiece(tokenizer, '\n');
  if (lineEnd.length === 0) throw new AppError('bad-request', 'This model’s tokenizer drops line ends.');
  prompt.push(...lineEnd);
  const ends = choices.map((choice, index) => {
    prompt.push(...encodePiece(tokenizer, `${LETTERS[index]!}.`), ...choice, ...lineEnd);
    return prompt.length - 1;
  });
  prompt.push(...encodePiece(tokenizer, 'Answer:'));
  return {
    prompt: Int32Array.from(prompt),
    answer: Int32Array.from(encodePiece(tokenizer, ` ${LETTERS[correct]!}`)),
    answerSpan: null,
    question: { row: prompt.length - 1, ends, correct },
  };
}
