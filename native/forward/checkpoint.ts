/**
 * The points at which a long computation lets the rest of the process breathe: messages are read, interactive requests
 * go first, a cancel takes effect, progress is told. Every call into ONNX Runtime blocks the thread, so a checkpoint
 * stands after each.
 */
import type { Progress } from '../../shared/contract/methods.ts';
import { takeTurn, type Interruptible } from './take-turn.ts';

export interface Job extends Interruptible {
  progress(progress: Progress): void;
}

export class Checkpoint {
  readonly #job: Job;
  readonly #total: number;
  readonly #started = performance.now();
  #done = 0;
  phase = '';

  /** `totalWork` in floating-point operations; only ratios matter. */
  constructor(job: Job, totalWork: number) {
    this.#job = job;
    this.#total = totalWork;
  }

  /** Throws `CancelledError` once the job is cancelled. */
  async pass(work: number): Promise<void> {
    this.#done = Math.min(this.#total, this.#done + work);
    const elapsed = performance.now() - this.#started;
    const left = (elapsed * (this.#total - this.#done)) / Math.max(1, this.#done);
    this.#job.progress({
      phase: this.phase,
      done: this.#done,
      total: this.#total,
      // The first few hundred milliseconds hold session start-up, which says nothing about the rest.
      etaMs: elapsed < 300 ? null : Math.round(left),
    });
    await takeTurn(this.#job);
  }
}
