/** How far a sweep is: which head, and how long the others will take, which is less the later their layer. */
import { formatHead } from '../../shared/model/head-id.ts';
import type { Job } from '../forward/checkpoint.ts';
import type { ForwardModel } from '../forward/forward.ts';

/** Before, it says more of the first head than of all. */
const LEAST_MS = 300;

export class SweepProgress {
  readonly #model: ForwardModel;
  readonly #job: Job;
  readonly #first: number;
  readonly #count: number;
  readonly #started = performance.now();
  #at: number;

  /** `first`: heads that were done before, in the order of layers. */
  constructor(model: ForwardModel, first: number, job: Job) {
    const { layers, heads } = model.architecture;
    this.#model = model;
    this.#job = job;
    this.#first = first;
    this.#at = first;
    this.#count = layers * heads;
  }

  /** A head begins. Gives the jobs of its forward and of what is made of it, which tell their parts of it. */
  head(at: number): { readonly forward: Job; readonly reading: Job } {
    this.#at = at;
    this.#tell(0);
    const { forward, reading } = this.#work(at);
    const share = forward / (forward + reading);
    return { forward: this.#part(0, share), reading: this.#part(share, 1) };
  }

  #part(from: number, to: number): Job {
    return { ...this.#job, progress: ({ done, total }) => this.#tell(from + ((to - from) * done) / total) };
  }

  #tell(fraction: number): void {
    const { heads } = this.#model.architecture;
    const head = { layer: Math.floor(this.#at / heads), head: this.#at % heads };
    const own = this.#sum(this.#at, this.#at + 1) * fraction;
    const done = this.#sum(this.#first, this.#at) + own;
    const left = this.#sum(this.#at, this.#count) - own;
    const elapsed = performance.now() - this.#started;
    this.#job.progress({
      phase: `Head ${formatHead(head)}, ${this.#at + 1} of ${this.#count}`,
      done: this.#at + fraction,
      total: this.#count,
      etaMs: done === 0 || elapsed < LEAST_MS ? null : Math.round((elapsed * left) / done),
    });
  }

  /** Operations on one row: of the layers from the head's own on, and of unembedding. */
  #work(at: number): { readonly forward: number; readonly reading: number } {
    const { architecture, sessions } = this.#model;
    const { layers, heads, vocabSize, dModel } = architecture;
    return { forward: (layers - Math.floor(at / heads)) * sessions.rowWork(), reading: 2 * vocabSize * dModel };
  }

  /** Of the heads from `start` to `end` - 1. */
  #sum(start: number, end: number): number {
    let sum = 0;
    for (let at = start; at < end; at++) {
      const { forward, reading } = this.#work(at);
      sum += forward + reading;
    }
    return sum;
  }
}
