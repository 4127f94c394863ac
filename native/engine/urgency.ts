/**
 * Two lanes. Interactive requests (tiles, rows, cells) start at once; batch jobs (opening, running, comparing) go one at
 * a time and stand aside at every checkpoint while an interactive request is running. Whatever reads a run has to be one
 * of these: the arrays of deleted runs are written to again where none is running.
 */
import { CancelledError } from '../../shared/base/app-error.ts';

export class Urgency {
  #interactive = 0;
  #waiting: (() => void)[] = [];
  #batch: Promise<unknown> = Promise.resolve();
  readonly #alone: () => void;

  /** `alone`: called before a batch job starts, where no other request is running. */
  constructor(alone: () => void = () => undefined) {
    this.#alone = alone;
  }

  async interactive<T>(work: () => Promise<T>): Promise<T> {
    this.#interactive += 1;
    try {
      return await work();
    } finally {
      this.#interactive -= 1;
      if (this.#interactive === 0) for (const resume of this.#waiting.splice(0)) resume();
    }
  }

  /** Resolves once no interactive request is running. */
  turn = async (): Promise<void> => {
    while (this.#interactive > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  };

  /** Runs after every earlier batch job. A job cancelled while it waits is answered at once and never starts. */
  batch<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const drop = (): void => reject(new CancelledError());
      signal.addEventListener('abort', drop, { once: true });
      this.#batch = this.#batch.then(async () => {
        signal.removeEventListener('abort', drop);
        if (signal.aborted) {
          drop();
          return;
        }
        // Also a job that throws before its first await must not keep the next ones waiting.
        await Promise.resolve()
          .then(() => {
            if (this.#interactive === 0) this.#alone();
            return work();
          })
          .then(resolve, reject);
      });
    });
  }
}
