/** Greedy continuations of the beginning of a run, dense and under a method (F3), and how they compare. */
import type { MethodAnswer } from '../../shared/model/method-result.ts';
import type { Capture } from '../capture/capture.ts';
import { breather } from '../forward/breathe.ts';
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { logitRows } from '../forward/likelihoods.ts';
import { createDecoder } from '../generation/decoder.ts';
import { argmax } from '../generation/sampling.ts';
import { TextStream } from '../generation/text-stream.ts';
import type { ModelTokenizer } from '../tokenizer/model-tokenizer.ts';
import { createMethodDecoder } from './method-decoder.ts';
import { contextOf, type MethodRequest } from './select-layer.ts';
import type { Method } from './method.ts';

export interface ContinuationRequest {
  /** Positions of the run that are gone on from; at least 1. */
  readonly end: number;
  readonly maxTokens: number;
  /** Tokens that end it, which are not told, but where `answer` has them. */
  readonly endIds: readonly number[];
  /** What the continuation will be compared with, where there is such: it may hold tokens of the end itself. */
  readonly answer?: Int32Array | null;
  /** Longest sequence that the model takes. */
  readonly context: number;
}

/** Ids. `capture`: without interventions. Throws `CancelledError`. */
export async function continueDense(
  model: ForwardModel,
  capture: Capture,
  request: ContinuationRequest,
  job: Job,
): Promise<Int32Array> {
  const { end } = request;
  const seed = { positions: end, run: capture };
  const decoder = createDecoder(model, { gain: () => null, masks: () => null, capacity: capacityOf(request), seed });
  return goOn(await logitRows(model, capture, end - 1, end), decoder, request, job);
}

/** The same under a method. `end`: at least its prompt length. Throws as `createMethodDecoder` does, too. */
export async function continueUnder(
  model: ForwardModel,
  capture: Capture,
  method: Method,
  asked: Omit<MethodRequest, 'breathe'>,
  request: ContinuationRequest,
  job: Job,
): Promise<Int32Array> {
  const { end } = request;
  const context = contextOf(method, { ...asked, breathe: breather(job) });
  const decoder = createMethodDecoder(model, { method, context, capacity: capacityOf(request), run: capture });
  // Rows of the prompt that are dense are not computed again: the last of them may be what is gone on from.
  const first =
    decoder.length === end
      ? await logitRows(model, capture, end - 1, end)
      : await decoder.append(capture.ids.subarray(decoder.length, end), { ...job, progress: () => undefined });
  return goOn(first, decoder, request, job);
}

const capacityOf = ({ end, maxTokens, context }: ContinuationRequest): number => Math.min(context, end + maxTokens);

async function goOn(
  first: Float32Array,
  decoder: { append(ids: Int32Array, job: Job): Promise<Float32Array> },
  { end, maxTokens, endIds, answer, context }: ContinuationRequest,
  job: Job,
): Promise<Int32Array> {
  const most = Math.min(maxTokens, context - end);
  const checkpoint = new Checkpoint(job, most);
  const quiet = { ...job, progress: () => undefined };
  const ids: number[] = [];
  let logits = first;
  while (ids.length < most) {
    checkpoint.phase = `Token ${ids.length + 1} of at most ${most}`;
    const id = argmax(logits);
    const isEnd = endIds.includes(id);
    if (isEnd && answer?.[ids.length] !== id) break;
    ids.push(id);
    if (isEnd && ids.length === answer!.length) break;
    // The last token needs no logits after it.
    if (ids.length < most) logits = await decoder.append(Int32Array.of(id), quiet);
    await checkpoint.pass(1);
  }
  return Int32Array.from(ids);
}

/** `answer`: null where none was given. */
export function compareAnswers(
  tokenizer: Pick<ModelTokenizer, 'bytes'>,
  ids: Int32Array,
  denseIds: Int32Array,
  answer: Int32Array | null,
): MethodAnswer {
  const [shorter, longer] = [Math.min(ids.length, denseIds.length), Math.max(ids.length, denseIds.length)];
  const same = ids.subarray(0, shorter).filter((id, at) => id === denseIds[at]).length;
  const different = ids.subarray(0, shorter).findIndex((id, at) => id !== denseIds[at]);
  const begins = (own: Int32Array): boolean | null => answer && answer.every((id, at) => own[at] === id);
  return {
    text: textOf(tokenizer, ids),
    ids,
    denseText: textOf(tokenizer, denseIds),
    denseIds,
    correct: begins(ids),
    denseCorrect: begins(denseIds),
    firstDifference: different !== -1 ? different : shorter < longer ? shorter : null,
    agreement: longer === 0 ? 1 : same / longer,
  };
}

function textOf(tokenizer: Pick<ModelTokenizer, 'bytes'>, ids: Int32Array): string {
  const stream = new TextStream();
  for (const id of ids) stream.add(tokenizer.bytes(id));
  stream.end();
  return stream.text;
}
