/** Where a prompt is cut for sparse methods, as it is typed: context, question, answer. */
import { AppError } from '../../shared/base/app-error.ts';
import type { QuestionView } from '../../shared/model/method-task.ts';
import type { TokenView } from '../../shared/model/token-view.ts';

export interface CutOptions {
  /** Tokens before the first query under the method. */
  readonly promptLength?: number;
  /** Index of a token, or the text that the question begins with. */
  readonly questionStart?: string;
  readonly question?: readonly QuestionView[];
}

export interface CutPrompt {
  /** Null of a prompt of ids. */
  readonly text: string | null;
  /** Without the answer. */
  readonly tokens: readonly TokenView[];
  /** Tokens of the answer; 0 = there is none. */
  readonly answer: number;
}

export interface PromptCut {
  readonly promptLength: number;
  readonly answerStart: number | null;
}

/** Of the prompt, where nothing says when the method begins. */
const DEFAULT_CONTEXT = 0.75;

/**
 * Methods begin at `promptLength` where that is given; else with the question, or after it where they see it; else with
 * the answer; else after three quarters. Throws `bad-request` for a place that there is not.
 */
export function cutOf({ text, tokens, answer }: CutPrompt, options: CutOptions): PromptCut {
  const { promptLength, questionStart, question = [] } = options;
  const answerStart = answer === 0 ? null : tokens.length;
  if (question.length > 1) {
    throw new AppError('bad-request', 'A prompt is cut one way at a time.', {
      hint: 'Give --question seen or --question unseen; several belong to a --task.',
    });
  }
  if (promptLength !== undefined) {
    if (questionStart === undefined && question.length === 0) return { promptLength, answerStart };
    throw new AppError('bad-request', '--prompt-length already says where methods begin.', {
      hint: 'Leave it out, or leave out --question and --question-start.',
    });
  }
  if (questionStart === undefined) {
    if (question.length > 0) {
      throw new AppError('bad-request', 'Where the question begins was not said.', {
        hint: 'Add --question-start with the number of its first token, or with the text that it begins with.',
      });
    }
    return { promptLength: answerStart ?? Math.max(1, Math.floor(DEFAULT_CONTEXT * tokens.length)), answerStart };
  }
  const start = questionAt(questionStart, text, tokens);
  return { promptLength: question[0] === 'seen' ? tokens.length : start, answerStart };
}

/** First token of the question, from 1 on; of a text that occurs several times, the last place. */
function questionAt(place: string, text: string | null, tokens: readonly TokenView[]): number {
  if (/^\d+$/.test(place)) {
    const start = Number(place);
    if (start >= 1 && start < tokens.length) return start;
    throw new AppError('bad-request', `The question cannot begin at token ${start} of ${tokens.length}.`, {
      hint: `Give a number from 1 to ${tokens.length - 1}.`,
    });
  }
  if (text === null) {
    throw new AppError('bad-request', `A prompt of ids holds no text “${place}”.`, {
      hint: 'Give the number of the first token of the question.',
    });
  }
  const at = text.lastIndexOf(place);
  const start = tokens.findIndex((token) => token.start >= 0 && token.end > at);
  if (at < 0 || start < 1) {
    throw new AppError('bad-request', `There is no question “${place}” after the beginning of the prompt.`, {
      hint: 'Give text of the prompt as it stands there, or the number of the first token of the question.',
    });
  }
  return start;
}
