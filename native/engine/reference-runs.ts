/**
 * Runs of prompts that interventions take values from. The list is changed again and again while these stay the same, so
 * the latest are kept, in memory of their own.
 */
import type { Capture } from '../capture/capture.ts';

export class ReferenceRuns {
  /** In order of use, oldest first. */
  readonly #runs = new Map<string, { readonly capture: Capture; readonly bytes: number }>();
  readonly #budgetBytes: number;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** The run of these ids, made where it is not kept; `bytes`: what it takes. */
  async of(ids: Int32Array, bytes: number, make: () => Promise<Capture>): Promise<Capture> {
    const key = ids.join();
    const known = this.#runs.get(key);
    this.#runs.delete(key);
    const run = known ?? { capture: await make(), bytes };
    if (bytes <= this.#budgetBytes) this.#runs.set(key, run);
    let held = [...this.#runs.values()].reduce((sum, each) => sum + each.bytes, 0);
    for (const [oldest, each] of this.#runs) {
      if (held <= this.#budgetBytes) break;
      this.#runs.delete(oldest);
      held -= each.bytes;
    }
    return run.capture;
  }
}
