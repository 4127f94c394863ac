/** Accuracy of a model on a task: greedy decoding with the KV cache, over a grid of lengths and depths. */
import type { TaskCell, TaskInfo } from '../../shared/model/task.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';
import { createDecoder, type Decoder, type DecoderOptions } from '../generation/decoder.ts';
import { argmax } from '../generation/sampling.ts';
import { checkLengths, lengthOf } from './check-lengths.ts';
import type { AnsweredPrompt } from './task.ts';
import type { GridCell } from './draw-grid.ts';
import { wilson } from './wilson.ts';

/** What forwards are changed by. */
export interface Condition extends Pick<DecoderOptions, 'gain' | 'masks'> {
  /** Gives `use` what is done to a prompt and to what follows it; absent: nothing. */
  readonly edited?: EditedPrompt;
}
export type EditedPrompt = <T>(
  prompt: Int32Array,
  job: Job,
  use: (edit: NonNullable<DecoderOptions['edit']>) => Promise<T>,
) => Promise<T>;

/** One result a cell. Throws `prompt-too-long` before anything is run, `CancelledError` when the job is cancelled. */
export async function runCells(
  model: ForwardModel,
  info: Pick<TaskInfo, 'name' | 'metric'>,
  cells: readonly GridCell<AnsweredPrompt>[],
  condition: Condition,
  job: Job,
): Promise<TaskCell[]> {
  const all = cells.flatMap(({ samples }) => samples);
  const longest = checkLengths(model.architecture, all, 'task');
  const tally = new Tally(job, all);
  const { decoder, under } = changingDecoder(model, condition, longest);
  const results: TaskCell[] = [];
  for (const { length, depth, samples } of cells) {
    const place = [length === null ? '' : `, ${length} tokens`, depth === null ? '' : `, depth ${depth}`].join('');
    tally.phase = `${info.name}${place}`;
    let sum = 0;
    for (const sample of samples) {
      sum += await under(sample.prompt, tally.quiet, () => score(decoder, sample, info.metric, tally.quiet));
      tally.pass(sample);
    }
    const n = samples.length;
    results.push({ length, depth, accuracy: n === 0 ? 0 : sum / n, ...wilson(sum, n), n });
  }
  return results;
}

/** A decoder for many prompts, each with edits of its own: only within `under` it may be used. */
export function changingDecoder(
  model: ForwardModel,
  { edited, ...options }: Condition,
  capacity: number,
): {
  readonly decoder: Decoder;
  readonly under: <T>(prompt: Int32Array, job: Job, use: () => Promise<T>) => Promise<T>;
} {
  let current: NonNullable<DecoderOptions['edit']> = () => null;
  const decoder = createDecoder(model, { ...options, edit: (layer) => current(layer), capacity });
  return {
    decoder,
    under: (prompt, job, use) =>
      edited === undefined
        ? use()
        : edited(prompt, job, (edit) => {
            current = edit;
            return use();
          }),
  };
}

async function score(decoder: Decoder, sample: AnsweredPrompt, metric: TaskInfo['metric'], job: Job): Promise<number> {
  decoder.truncate(0);
  return metric === 'exact-match' ? exactMatch(decoder, sample, job) : tokenAccuracy(decoder, sample, job);
}

/** 1 where greedy decoding gives the answer; it is left at the first token that differs. */
async function exactMatch(decoder: Decoder, { prompt, answer }: AnsweredPrompt, job: Job): Promise<number> {
  let logits = await decoder.append(prompt, job);
  for (const [step, id] of answer.entries()) {
    if (argmax(logits) !== id) return 0;
    if (step + 1 < answer.length) logits = await decoder.append(Int32Array.of(id), job);
  }
  return 1;
}

/** Share of the answer's tokens that are the likeliest after the true ones before them. */
async function tokenAccuracy(decoder: Decoder, { prompt, answer }: AnsweredPrompt, job: Job): Promise<number> {
  let logits = await decoder.append(prompt, job);
  let right = 0;
  for (const [step, id] of answer.entries()) {
    if (argmax(logits) === id) right += 1;
    if (step + 1 < answer.length) logits = await decoder.append(Int32Array.of(id), job);
  }
  return right / answer.length;
}

/** Progress over samples, by their tokens. */
class Tally {
  readonly #job: Job;
  readonly #total: number;
  readonly #started = performance.now();
  #done = 0;
  phase = '';
  /** The job without the progress of single forwards. */
  readonly quiet: Job;

  constructor(job: Job, samples: readonly AnsweredPrompt[]) {
    this.#job = job;
    this.#total = samples.reduce((sum, sample) => sum + lengthOf(sample), 0);
    this.quiet = { ...job, progress: () => undefined };
  }

  pass(sample: AnsweredPrompt): void {
    this.#done += lengthOf(sample);
    const elapsed = performance.now() - this.#started;
    this.#job.progress({
      phase: this.phase,
      done: this.#done,
      total: this.#total,
      etaMs: elapsed < 300 ? null : Math.round((elapsed * (this.#total - this.#done)) / this.#done),
    });
  }
}
