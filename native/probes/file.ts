/** The probe set of the user's own prompts. */
import { AppError } from '../../shared/base/app-error.ts';
import type { ProbeInfo } from '../../shared/model/probe.ts';
import type { ScoreData } from '../../shared/model/score.ts';
import { encodePiece } from '../tasks/encode-piece.ts';
import { fileIds, type FilePart } from '../tasks/file.ts';
import { startIds, type TaskContext } from '../tasks/task.ts';
import type { ProbeSample } from './probe.ts';
import { BOS_PARAMETER } from './bos.ts';
import { questionSample } from './question.ts';

export const FILE_PROBE: ProbeInfo = {
  id: 'file',
  name: 'Your own prompts',
  description:
    'A file of JSON lines {"prompt"}, {"prompt", "answer"} or {"prompt", "choices", "correct"}, each part a text or a list of token ids. Where the answer stands in its prompt exactly once, the retrieval score counts it as a needle. Choices are put behind the prompt as lines A, B, ...; “correct” is the index of the right one, from 0.',
  parameters: [BOS_PARAMETER],
  unavailable: null,
};

export interface ProbeFileItem {
  readonly prompt: FilePart;
  readonly answer?: FilePart | undefined;
  readonly choices?: readonly FilePart[] | undefined;
  /** Index of the right choice. */
  readonly correct?: number | undefined;
}

/** What scores can be given by them. */
export function fileData(items: readonly ProbeFileItem[]): ScoreData[] {
  return [
    'text',
    ...(items.some(({ answer }) => answer !== undefined) ? (['needle'] as const) : []),
    ...(items.some(({ choices }) => choices !== undefined) ? (['choices'] as const) : []),
  ];
}

/**
 * BOS stands before a text prompt where the context's model has it so. Throws `token-out-of-range`, `no-tokenizer`, and
 * `bad-request` for choices without a right one.
 */
export function fileProbeSample(
  context: TaskContext,
  { prompt: part, answer: answerPart, choices, correct }: ProbeFileItem,
  index: number,
): ProbeSample {
  const start = typeof part === 'string' ? startIds(context) : [];
  const prompt = Int32Array.from([...start, ...fileIds(context, part, index)]);
  if (choices !== undefined) {
    if (correct === undefined || correct >= choices.length) {
      throw new AppError('bad-request', `Question ${index + 1} of the file does not say which choice is right.`, {
        hint: `Add "correct", from 0 to ${choices.length - 1}.`,
      });
    }
    return questionSample(
      context,
      [...prompt],
      choices.map((choice) => choiceIds(context, choice, index)),
      correct,
    );
  }
  const answer = Int32Array.from(answerPart === undefined ? [] : fileIds(context, answerPart, index));
  if (prompt.length === 0) throw new AppError('prompt-empty', `Prompt ${index + 1} of the file has no tokens.`);
  return { prompt, answer, answerSpan: onlyPlace(prompt, answer) };
}

/** A text stands behind a letter, and has a blank before it. */
function choiceIds(context: TaskContext, choice: FilePart, index: number): readonly number[] {
  if (typeof choice !== 'string') return fileIds(context, choice, index);
  return encodePiece(context.model.tokenizer, choice.startsWith(' ') ? choice : ` ${choice}`);
}

/** Where `part` stands in `whole`; null where it stands nowhere or more than once. */
function onlyPlace(whole: Int32Array, part: Int32Array): ProbeSample['answerSpan'] {
  if (part.length === 0) return null;
  const places: number[] = [];
  for (let start = 0; start + part.length <= whole.length && places.length < 2; start++) {
    if (part.every((id, i) => whole[start + i] === id)) places.push(start);
  }
  return places.length === 1 ? { start: places[0]!, end: places[0]! + part.length } : null;
}
