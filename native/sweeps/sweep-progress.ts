/** How far a sweep is: what it is at, and how long the rest will take, which is less the later its layers begin. */
import type { Job } from '../forward/checkpoint.ts';

/** Before, it says more of the first forward than of all. */
const LEAST_MS = 300;

/** One forward of a sweep and what is read of it. */
export interface SweepItem {
  /** `Head L1H1`. */
  readonly name: string;
  /** Operations of the forward, and of what is made of it; only ratios matter. */
  readonly forward: number;
  readonly reading: number;
}

/** The jobs of one item, which tell their parts of it. */
export interface ItemJobs {
  readonly forward: Job;
  readonly reading: Job;
}

export class SweepProgress {
  readonly #job: Job;
  readonly #items: readonly SweepItem[];
  /** Operations of all items, and of those that were done before. */
  readonly #all: number;
  readonly #before: number;
  readonly #started = performance.now();
  #done: number;
  #doneWork: number;
  /** Shares of the items that are under way. */
  readonly #open = new Map<number, number>();
  #phase = '';

  /** `done`: whether an item was done before. */
  constructor(items: readonly SweepItem[], done: (at: number) => boolean, job: Job) {
    this.#job = job;
    this.#items = items;
    this.#all = items.reduce((sum, item) => sum + workOf(item), 0);
    this.#before = items.reduce((sum, item, at) => sum + (done(at) ? workOf(item) : 0), 0);
    this.#doneWork = this.#before;
    this.#done = items.filter((_, at) => done(at)).length;
  }

  /** An item begins; others may be under way. */
  begin(at: number): ItemJobs {
    const { name, forward, reading } = this.#items[at]!;
    this.#phase = `${name}, ${at + 1} of ${this.#items.length}`;
    this.#open.set(at, 0);
    this.#tell();
    const share = forward / (forward + reading);
    return { forward: this.#part(at, 0, share), reading: this.#part(at, share, 1) };
  }

  end(at: number): void {
    this.#open.delete(at);
    this.#done += 1;
    this.#doneWork += workOf(this.#items[at]!);
  }

  #part(at: number, from: number, to: number): Job {
    const progress: Job['progress'] = ({ done, total }) => {
      if (!this.#open.has(at)) return;
      this.#open.set(at, from + ((to - from) * done) / Math.max(1, total));
      this.#tell();
    };
    return { ...this.#job, progress };
  }

  #tell(): void {
    let [done, work] = [this.#done, this.#doneWork];
    for (const [at, share] of this.#open) {
      done += share;
      work += share * workOf(this.#items[at]!);
    }
    const fresh = work - this.#before;
    const elapsed = performance.now() - this.#started;
    this.#job.progress({
      phase: this.#phase,
      done,
      total: this.#items.length,
      etaMs: fresh === 0 || elapsed < LEAST_MS ? null : Math.round((elapsed * (this.#all - work)) / fresh),
    });
  }
}

const workOf = ({ forward, reading }: SweepItem): number => forward + reading;
