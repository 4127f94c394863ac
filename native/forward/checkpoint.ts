/**
 * The points at which a long computation lets the rest of the process breathe: messages are read, interactive requests
 * go first, a cancel takes effect, progress is told. Every call into ONNX Runtime blocks the thread, so a checkpoint
 * stands after each.
 */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Progress } from '../../shared/contract/methods.ts';

export interface Job {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** Awaited at every checkpoint; resolves at once unless something more urgent is running. */
  readonly turn?: () => Promise<void>;
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
    const { signal, turn } = this.#job;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#throwIfCancelled();
    if (turn === undefined) return;
    // A cancel does not wait for what is more urgent.
    let leave: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => {
      leave = resolve;
      signal.addEventListener('abort', leave);
    });
    await Promise.race([turn(), cancelled]);
    signal.removeEventListener('abort', leave);
    this.#throwIfCancelled();
  }

  #throwIfCancelled(): void {
    if (this.#job.signal.aborted) throw new CancelledError();
  }
}
