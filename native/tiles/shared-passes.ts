import { CancelledError } from '../../shared/base/app-error.ts';

interface Pass<T> {
  readonly answer: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
  finished: boolean;
}

/** Answers that several requests wait for at once: each is computed once, and the latest few are kept. */
export class SharedPasses<T> {
  readonly #kept: number;
  /** By what they are of, most recently used last. */
  readonly #passes = new Map<string, Pass<T>>();

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** `compute` is stopped once nobody waits for it any more. Throws `CancelledError`, and what `compute` throws. */
  async of(name: string, compute: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw new CancelledError();
    const pass = this.#passes.get(name) ?? this.#begin(name, compute);
    this.#passes.delete(name);
    this.#passes.set(name, pass);
    pass.waiting += 1;
    let leave: () => void = () => undefined;
    try {
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(new CancelledError());
        signal.addEventListener('abort', leave);
      });
      return await Promise.race([pass.answer, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      pass.waiting -= 1;
      if (pass.waiting === 0 && !pass.finished) {
        pass.controller.abort();
        this.#forget(name, pass);
      }
    }
  }

  #begin(name: string, compute: (signal: AbortSignal) => Promise<T>): Pass<T> {
    const controller = new AbortController();
    const answer = compute(controller.signal);
    const pass: Pass<T> = { answer, controller, waiting: 0, finished: false };
    answer.then(
      () => (pass.finished = true),
      () => this.#forget(name, pass),
    );
    this.#passes.set(name, pass);
    if (this.#passes.size > this.#kept) {
      // One that somebody waits for is younger than those that nobody does.
      for (const [old, { waiting }] of this.#passes) {
        if (waiting > 0 || old === name) continue;
        this.#passes.delete(old);
        break;
      }
    }
    return pass;
  }

  /** Another one of the same name may have begun. */
  #forget(name: string, pass: Pass<T>): void {
    if (this.#passes.get(name) === pass) this.#passes.delete(name);
  }
}
