/** A method with several budgets on one sample of a task, of which the dense run is there. */
import type { Budget, MethodParameters } from '../../shared/model/method.ts';
import type { Fidelity } from '../../shared/model/method-result.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import type { Capture } from '../capture/capture.ts';
import type { Job } from '../forward/checkpoint.ts';
import { checkAnswer } from '../methods/answer-check.ts';
import type { Method } from '../methods/method.ts';
import { runMethod } from '../methods/run-method.ts';
import { runPropagated } from '../methods/run-propagated.ts';
import { methodSample, type MethodSample } from '../tasks/method-task-rows.ts';
import type { TaskSample } from '../tasks/task.ts';
import { methodParts } from './method-parts.ts';
import type { Opened } from './opened.ts';

export interface SampleRequest {
  readonly method: Method;
  readonly parameters: MethodParameters;
  readonly budgets: readonly (Budget | null)[];
  /** First query under the method, at most the first of the answer. */
  readonly promptLength: number;
  readonly fidelity: Fidelity;
  readonly sample: Pick<TaskSample, 'prompt' | 'answer'>;
  readonly metric: TaskInfo['metric'];
}

/**
 * One a budget. An answer is right where each of its tokens is the likeliest after those before it, which is what greedy
 * decoding under the method gives, since a method chooses alike for rows that are appended together and one by one.
 * `capture`: of prompt and answer. Throws `bad-request` for a choice that does not fit, `CancelledError`.
 */
export async function measureOnSample(
  opened: Opened,
  capture: Capture,
  { fidelity, sample, metric, ...request }: SampleRequest,
  job: Job,
): Promise<MethodSample[]> {
  const parts = methodParts(opened, capture);
  if (fidelity === 'F1') return (await runMethod(parts, request, job)).map((result) => methodSample(result, null));
  const { prompt, answer } = sample;
  const propagated = await runPropagated(parts, { ...request, answerStart: prompt.length }, job);
  return propagated.map(({ result, chosen }) => {
    if (fidelity === 'F2') return methodSample(result, null);
    const { isRight, rightTokens } = checkAnswer(chosen, answer);
    return methodSample(result, metric === 'exact-match' ? Number(isRight) : rightTokens / answer.length);
  });
}
