/** What every head copies of a needle: greedy decoding with every step's attention rows. */
import { breather } from '../forward/breathe.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import type { Decoder } from '../generation/decoder.ts';
import { argmax } from '../generation/sampling.ts';
import { countCopies, type RetrievalCopies } from '../scores/retrieval.ts';
import { changingDecoder, type Condition } from './run-task.ts';
import type { AnsweredPrompt } from './task.ts';

/** Of one sample, [layers x heads]. */
export interface RetrievalSample {
  /** Whether the greedy answer was the right one: the gate. */
  readonly right: boolean;
  /** While the model answered by itself. */
  readonly free: RetrievalCopies;
  /** With the right answer fed in, its tokens counting as generated; where that was asked for. */
  readonly forced: RetrievalCopies | null;
}

/** `force`: by whether the greedy answer was right. The answer of a sample has to stand in its prompt. */
export type SampleRetrieval = (
  sample: AnsweredPrompt,
  force: (right: boolean) => boolean,
  job: Job,
) => Promise<RetrievalSample>;

/** Steps of an answer that is read to its end, as the reference code of Wu et al. has them. */
const MOST_STEPS = 50;

export interface RetrievalOptions {
  /** Tokens of the longest sample. */
  readonly longest: number;
  /**
   * The model's own answers are read up to one of these, 50 tokens or the context limit, whichever comes first; null:
   * they are as long as the right ones.
   */
  readonly endIds: readonly number[] | null;
}

/** Throws `CancelledError` when the job is cancelled. */
export function createRetrieval(
  model: ForwardModel,
  condition: Condition,
  { longest, endIds }: RetrievalOptions,
): SampleRetrieval {
  const { layers, heads, context } = model.architecture;
  const capacity = endIds === null ? longest : Math.max(longest, Math.min(context, longest + MOST_STEPS));
  const { decoder, under } = changingDecoder(model, condition, capacity);
  const sampled: SampleRetrieval = async (sample, force, job) => {
    const free = await record(decoder, layers, heads, sample, freeAnswer(sample, endIds, capacity), job);
    const right = sample.answer.every((id, i) => id === free.generated[i]);
    const forced = force(right) ? await record(decoder, layers, heads, sample, forcedAnswer(sample), job) : null;
    return {
      right,
      free: countCopies(free, layers * heads),
      forced: forced && countCopies(forced, layers * heads),
    };
  };
  return (sample, force, job) => under(sample.prompt, job, () => sampled(sample, force, job));
}

/** The next token of an answer after those before it, given its logits; `ends`: whether no other follows these. */
interface Answer {
  next(logits: Float32Array, step: number): number;
  ends(generated: readonly number[]): boolean;
}

/** The right tokens are fed in and count as generated. */
function forcedAnswer({ answer }: AnsweredPrompt): Answer {
  return { next: (_, step) => answer[step]!, ends: ({ length }) => length >= answer.length };
}

function freeAnswer({ prompt, answer }: AnsweredPrompt, endIds: readonly number[] | null, capacity: number): Answer {
  if (endIds === null) return { next: argmax, ends: ({ length }) => length >= answer.length };
  const most = Math.min(Math.max(MOST_STEPS, answer.length), capacity - prompt.length);
  return {
    next: argmax,
    ends: (generated) => generated.length >= most || endIds.includes(generated.at(-1)!),
  };
}

async function record(
  decoder: Decoder,
  layers: number,
  heads: number,
  { prompt, answerSpan }: AnsweredPrompt,
  answer: Answer,
  job: Job,
) {
  const breathe = breather(job);
  decoder.truncate(0);
  const generated: number[] = [];
  const strongest: Int32Array[] = [];
  let fed = prompt;
  while (!answer.ends(generated)) {
    const token = answer.next(await decoder.append(fed, job), generated.length);
    generated.push(token);
    strongest.push(await strongestKeys(decoder, layers, heads, breathe));
    fed = Int32Array.of(token);
  }
  return { prompt, needle: answerSpan!, generated, strongest };
}

/** Key of the largest weight in the last row of each head, [layers x heads]. */
async function strongestKeys(
  decoder: Decoder,
  layers: number,
  heads: number,
  breathe: () => Promise<void>,
): Promise<Int32Array> {
  const keys = new Int32Array(layers * heads);
  for (let layer = 0; layer < layers; layer++) {
    const rows = decoder.attentionRows(layer);
    for (let head = 0; head < heads; head++) {
      keys[layer * heads + head] = argmax(rows.subarray(head * decoder.length, (head + 1) * decoder.length));
    }
    await breathe();
  }
  return keys;
}
