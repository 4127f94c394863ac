import { AppError } from '../../shared/base/app-error.ts';
import { encodePiece } from './encode-piece.ts';
import { drawPassage } from './haystack.ts';
import { needsTokenizer, startIds, type Task } from './task.ts';

/** Tokens that are given again, and tokens of the answer. */
const CUE = 4;
const ANSWER = 8;

export const copy: Task = {
  info: {
    id: 'copy',
    name: 'Copying prose',
    definition: 'A passage of prose, a line end, then its first four tokens again; the answer is the next eight.',
    source: 'Plain verbatim copying',
    parameters: [
      {
        id: 'length',
        name: 'Length',
        meaning: 'Tokens of prompt and answer.',
        default: 128,
        min: 32,
        max: 1e6,
        integer: true,
      },
    ],
    metric: 'exact-match',
  },
  noQuestion: 'Its cue is part of the passage that is copied.',
  unavailable: needsTokenizer,
  make(context, parameters, prng) {
    const start = startIds(context);
    const end = encodePiece(context.model.tokenizer, '\n');
    const count = parameters['length']! - start.length - end.length - CUE - ANSWER;
    if (count < CUE + ANSWER) throw new AppError('bad-request', 'The length leaves no room for a passage.');
    const { ids } = drawPassage(context, count, prng);
    return {
      prompt: Int32Array.from([...start, ...ids, ...end, ...ids.slice(0, CUE)]),
      answer: Int32Array.from(ids.slice(CUE, CUE + ANSWER)),
      answerSpan: { start: start.length + CUE, end: start.length + CUE + ANSWER },
      questionStart: null,
    };
  },
};
