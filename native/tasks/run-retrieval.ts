/** Retrieval scores of every head over needle samples: greedy decoding with every step's attention rows. */
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { createDecoder, type Decoder } from '../generation/decoder.ts';
import { argmax } from '../generation/sampling.ts';
import { retrievalScores } from '../scores/retrieval.ts';
import type { Condition } from './run-task.ts';
import type { TaskSample } from './task.ts';

export interface RetrievalResult {
  /** [layers x heads], mean over the kept samples. */
  readonly score: Float64Array;
  /** Share of the kept samples in which the head copied anything. */
  readonly activation: Float64Array;
  /** The mean over all samples, answered right or not. */
  readonly attempted: Float64Array;
  readonly samples: number;
  /** Samples whose greedy answer was right: the gate. All of them where none was, with the answer fed in. */
  readonly kept: number;
  readonly teacherForced: boolean;
}

/** Samples need an answer that stands in the prompt. Throws `CancelledError` when the job is cancelled. */
export async function runRetrieval(
  model: ForwardModel,
  samples: readonly TaskSample[],
  condition: Condition,
  job: Job,
): Promise<RetrievalResult> {
  const { layers, heads } = model.architecture;
  const count = layers * heads;
  const capacity = samples.reduce((most, { prompt, answer }) => Math.max(most, prompt.length + answer.length), 0);
  const decoder = createDecoder(model, { ...condition, capacity });
  const quiet = { ...job, progress: () => undefined };
  const kept: Float64Array[] = [];
  const all: Float64Array[] = [];
  const forced: Float64Array[] = [];
  for (const [index, sample] of samples.entries()) {
    const free = await record(decoder, layers, heads, sample, false, quiet);
    const scores = retrievalScores(free, count);
    all.push(scores);
    if (free.generated.every((id, i) => id === sample.answer[i])) kept.push(scores);
    else if (kept.length === 0)
      forced.push(retrievalScores(await record(decoder, layers, heads, sample, true, quiet), count));
    job.progress({ phase: 'Retrieval scores', done: index + 1, total: samples.length, etaMs: null });
  }
  const teacherForced = kept.length === 0;
  const counted = teacherForced ? forced : kept;
  return {
    score: meanOf(counted, count, (value) => value),
    activation: meanOf(counted, count, (value) => (value > 0 ? 1 : 0)),
    attempted: meanOf(all, count, (value) => value),
    samples: samples.length,
    kept: counted.length,
    teacherForced,
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

function meanOf(samples: readonly Float64Array[], count: number, of: (value: number) => number): Float64Array {
  const sum = new Float64Array(count);
  for (const sample of samples) sample.forEach((value, i) => (sum[i]! += of(value)));
  return sum.map((value) => value / samples.length);
}
