import { AppError } from '../../shared/base/app-error.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import { encodePiece } from './encode-piece.ts';
import { startIds, type TaskContext, type TaskSample } from './task.ts';

/** The task whose samples are the user's own. */
export const FILE_TASK: TaskInfo = {
  id: 'file',
  name: 'Your own prompts',
  definition:
    'A file of JSON lines {"prompt", "answer"}, each a text or a list of token ids; "question", where there is one, stands between them.',
  source: 'Your file',
  parameters: [],
  metric: 'exact-match',
  unavailable: null,
};

/** A text or token ids. */
export type FilePart = string | readonly number[];

export interface FileItem {
  readonly prompt: FilePart;
  /** Goes on from the prompt, as a part that sparse methods may see or not. */
  readonly question?: FilePart | undefined;
  readonly answer: FilePart;
}

/** BOS stands before a text prompt where the model's tokenizer puts one. Throws `token-out-of-range`, `no-tokenizer`. */
export function fileSample(context: TaskContext, { prompt, question, answer }: FileItem, index: number): TaskSample {
  const start = typeof prompt === 'string' ? startIds(context) : [];
  const ids = [...start, ...fileIds(context, prompt, index)];
  return {
    prompt: Int32Array.from(question === undefined ? ids : [...ids, ...questionIds(context, question, index)]),
    answer: Int32Array.from(fileIds(context, answer, index)),
    answerSpan: null,
    questionStart: question === undefined ? null : ids.length,
  };
}

/** A text is joined to the prompt by its ids, without what tokenizers add at a beginning. */
function questionIds(context: TaskContext, question: FilePart, index: number): readonly number[] {
  const { tokenizer } = context.model;
  return typeof question === 'string' && tokenizer.available
    ? encodePiece(tokenizer, question)
    : fileIds(context, question, index);
}

/** Ids of a part of sample `index`. Throws `token-out-of-range`, `no-tokenizer`. */
export function fileIds({ model }: TaskContext, part: FilePart, index: number): readonly number[] {
  const { tokenizer, info } = model;
  if (typeof part === 'string') {
    if (tokenizer.available) return [...tokenizer.encode(part, { bos: false }).ids];
    throw new AppError('no-tokenizer', `This model is open in id mode: ${tokenizer.reason}`, {
      hint: 'Give prompt and answer as lists of token ids.',
    });
  }
  const outside = part.find((id) => id >= info.vocabSize);
  if (outside === undefined) return part;
  throw new AppError('token-out-of-range', `Sample ${index + 1}: token id ${outside} is outside the vocabulary.`, {
    hint: `Use ids from 0 to ${info.vocabSize - 1}.`,
  });
}
