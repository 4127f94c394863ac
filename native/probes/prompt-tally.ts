import type { Progress } from '../../shared/contract/methods.ts';
import type { Job } from '../forward/checkpoint.ts';

/** Shorter stretches are mostly session start-up, which says nothing about the rest. */
const LEAST_MS = 300;

/** Progress over prompts, by their tokens, and within each of them. */
export class PromptTally {
  readonly #job: Job;
  readonly #tokens: readonly number[];
  readonly #total: number;
  readonly #started = performance.now();
  /** Tokens that were there at the beginning, of a run that goes on. */
  readonly #before: number;
  #index: number;
  #done: number;

  /** `tokens`: of each prompt. `from`: prompts that are done already. */
  constructor(job: Job, tokens: readonly number[], from = 0) {
    this.#job = job;
    this.#tokens = tokens;
    this.#total = sum(tokens);
    this.#index = from;
    this.#before = this.#done = sum(tokens.slice(0, from));
    this.#tell(0);
  }

  /**
   * A job for each part of the prompt that is next, whose progress moves the whole forward. `weights`: what the parts
   * take, of which only ratios matter.
   */
  within(weights: readonly number[]): Job[] {
    const all = sum(weights);
    return weights.map((weight, part) => {
      const before = sum(weights.slice(0, part));
      // A part may take several forwards, each of which counts from 0: the bar never goes back.
      let furthest = 0;
      const progress = ({ done, total }: Progress): void => {
        furthest = Math.max(furthest, total > 0 ? done / total : 0);
        this.#tell(all > 0 ? (before + weight * furthest) / all : 0);
      };
      return { ...this.#job, progress };
    });
  }

  pass(): void {
    this.#done += this.#tokens[this.#index]!;
    this.#index += 1;
    this.#tell(0);
  }

  #tell(share: number): void {
    const count = this.#tokens.length;
    const done = this.#done + share * (this.#tokens[this.#index] ?? 0);
    const elapsed = performance.now() - this.#started;
    const fresh = done - this.#before;
    this.#job.progress({
      phase: `Prompt ${Math.min(this.#index + 1, count)} of ${count}`,
      done,
      total: this.#total,
      etaMs: elapsed < LEAST_MS || fresh === 0 ? null : Math.round((elapsed * (this.#total - done)) / fresh),
    });
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
