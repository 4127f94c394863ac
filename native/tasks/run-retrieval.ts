/** What every head copies of a needle: greedy decoding with every step's attention rows. */
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { createDecoder, type Decoder } from '../generation/decoder.ts';
import { argmax } from '../generation/sampling.ts';
import { countCopies, type RetrievalCopies } from '../scores/retrieval.ts';
import type { Condition } from './run-task.ts';
import type { TaskSample } from './task.ts';

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
  sample: TaskSample,
  force: (right: boolean) => boolean,
  job: Job,
) => Promise<RetrievalSample>;

/** `capacity`: tokens of the longest sample. Throws `CancelledError` when the job is cancelled. */
export function createRetrieval(model: ForwardModel, condition: Condition, capacity: number): SampleRetrieval {
  const { layers, heads } = model.architecture;
  const decoder = createDecoder(model, { ...condition, capacity });
  return async (sample, force, job) => {
    const free = await record(decoder, layers, heads, sample, false, job);
    const right = free.generated.every((id, i) => id === sample.answer[i]);
    const forced = force(right) ? await record(decoder, layers, heads, sample, true, job) : null;
    return {
      right,
      free: countCopies(free, layers * heads),
      forced: forced && countCopies(forced, layers * heads),
    };
  };
}

/** One answer, as long as the right one. `force`: the right tokens are fed in and count as generated. */
async function record(
  decoder: Decoder,
  layers: number,
  heads: number,
  { prompt, answer, answerSpan }: TaskSample,
  force: boolean,
  job: Job,
) {
  decoder.truncate(0);
  const generated: number[] = [];
  const strongest: Int32Array[] = [];
  let fed = prompt;
  for (const right of answer) {
    const logits = await decoder.append(fed, job);
    const token = force ? right : argmax(logits);
    generated.push(token);
    strongest.push(strongestKeys(decoder, layers, heads));
    fed = Int32Array.of(token);
  }
  return { prompt, needle: answerSpan!, generated, strongest };
}

/** Key of the largest weight in the last row of each head, [layers x heads]. */
function strongestKeys(decoder: Decoder, layers: number, heads: number): Int32Array {
  const keys = new Int32Array(layers * heads);
  for (let layer = 0; layer < layers; layer++) {
    const rows = decoder.attentionRows(layer);
    for (let head = 0; head < heads; head++) {
      keys[layer * heads + head] = argmax(rows.subarray(head * decoder.length, (head + 1) * decoder.length));
    }
  }
  return keys;
}
