import { AppError } from '../../shared/base/app-error.ts';
import { MIN_PERIOD } from '../scores/repeat.ts';
import { startIds, type Task, type TaskContext } from './task.ts';
import { usableIds } from './usable-ids.ts';

const MOST = 64;

/** K = min(64, (context - 1) / 2, usable vocabulary). */
function mostTokens(context: TaskContext): number {
  return Math.min(MOST, Math.floor((context.model.info.context - 1) / 2), usableIds(context).length);
}

export const repeat: Task = {
  info: {
    id: 'repeat',
    name: 'Repeated random tokens',
    definition:
      'Different random tokens, then the same again; the answer is the second copy, each token given those before it.',
    source: 'Olsson et al. 2022, In-context Learning and Induction Heads',
    parameters: [
      {
        id: 'period',
        name: 'Period',
        meaning: 'Tokens of one copy; at most what half of the context and the vocabulary allow.',
        default: MOST,
        min: MIN_PERIOD,
        max: 4096,
        integer: true,
      },
    ],
    metric: 'token-accuracy',
  },
  noQuestion: 'Its second copy is asked for by nothing but its own tokens.',
  unavailable: (context) => (mostTokens(context) >= MIN_PERIOD ? null : 'The context or the vocabulary is too small.'),
  make(context, parameters, prng) {
    const asked = parameters['period']!;
    const usable = usableIds(context);
    const period = asked === MOST ? Math.min(asked, mostTokens(context)) : asked;
    if (period > usable.length) {
      throw new AppError('bad-request', `The vocabulary has ${usable.length} usable tokens, fewer than ${period}.`);
    }
    const copy = prng.shuffle(usable).slice(0, period);
    const start = startIds(context);
    // The first token of the second copy cannot be foretold: it is part of the prompt.
    return {
      prompt: Int32Array.from([...start, ...copy, copy[0]!]),
      answer: Int32Array.from(copy.slice(1)),
      answerSpan: { start: start.length + 1, end: start.length + period },
      questionStart: null,
    };
  },
};
