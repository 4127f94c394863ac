/** Patches of the open model, by what was asked for: finished ones, and those that were cancelled on the way. */
import { startSweep, type SweepState } from '../sweeps/sweep-places.ts';

const BUDGET_BYTES = 64 * 2 ** 20;
/** Of a result, in its list. */
const RESULT_BYTES = 16;

export class PatchStore {
  /** In order of use, oldest first. */
  readonly #states = new Map<string, SweepState<number>>();
  readonly #budgetBytes: number;

  constructor(budgetBytes = BUDGET_BYTES) {
    this.#budgetBytes = budgetBytes;
  }

  /** The state of that key, begun where there is none: equal keys have equal numbers. Others go that are over the budget. */
  open(key: string, count: number): SweepState<number> {
    const state = this.#states.get(key) ?? startSweep<number>(count);
    this.#states.delete(key);
    this.#states.set(key, state);
    let held = [...this.#states.values()].reduce((sum, each) => sum + bytesOf(each), 0);
    for (const [old, each] of this.#states) {
      if (held <= this.#budgetBytes || old === key) break;
      this.#states.delete(old);
      held -= bytesOf(each);
    }
    return state;
  }

  clear(): void {
    this.#states.clear();
  }
}

function bytesOf({ results }: SweepState<number>): number {
  return results.length * RESULT_BYTES;
}
