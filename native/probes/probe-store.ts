/** Probe runs of the open model, finished ones and those that were cancelled on the way. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../shared/base/app-error.ts';
import type { ProbeResult } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { RetrievalSample } from '../tasks/run-retrieval.ts';
import type { SweepState } from '../sweeps/sweep-places.ts';
import type { ProbeSample } from './probe.ts';

/** What was found on one prompt. */
export interface PromptRecord {
  /** In the order of the run's scores. */
  readonly scores: readonly ScoreTable[];
  /** Null where the prompt has no needle or the score was not asked for. */
  readonly retrieval: RetrievalSample | null;
}

export interface ProbeRun {
  readonly probeId: string;
  readonly samples: readonly ProbeSample[];
  /** Of the first samples, as far as the run got. */
  readonly records: PromptRecord[];
  /** Of the prompt after these: what its forwards, one a head, told before the run was cancelled. */
  memo: { sweeps?: Map<string, SweepState> };
  /** Once all prompts are there: the answer, and each score's value on each prompt. */
  finished: FinishedProbe | null;
}

export interface FinishedProbe {
  readonly result: ProbeResult;
  /** By score id: [prompts], each [layers x heads] or null where the score does not apply. */
  readonly values: ReadonlyMap<string, readonly (Float64Array | null)[]>;
}

const BUDGET_BYTES = 256 * 2 ** 20;

export class ProbeStore {
  /** By what was asked for, in order of use, oldest first. */
  readonly #runs = new Map<string, ProbeRun>();
  readonly #budgetBytes: number;

  constructor(budgetBytes = BUDGET_BYTES) {
    this.#budgetBytes = budgetBytes;
  }

  /** The run of that key, begun where there is none: equal keys have equal numbers. */
  async open(key: string, draw: () => Promise<readonly ProbeSample[]>): Promise<ProbeRun> {
    const known = this.#runs.get(key);
    const run = known ?? { probeId: randomUUID(), samples: await draw(), records: [], memo: {}, finished: null };
    this.#runs.delete(key);
    this.#runs.set(key, run);
    return run;
  }

  /**
   * Whether a run can be held at all. `values`: of all its prompts, scores and heads. Throws `too-large`, before anything
   * is computed.
   */
  checkRoom(prompts: number, values: number): void {
    const bytes = values * Float64Array.BYTES_PER_ELEMENT;
    if (bytes <= this.#budgetBytes) return;
    const [needed, room] = [bytes, this.#budgetBytes].map((each) => Math.ceil(each / 2 ** 20));
    throw new AppError('too-large', `The scores of ${prompts} prompts would take ${needed} MiB, of at most ${room}.`, {
      hint: 'Ask for fewer scores, or for fewer prompts.',
    });
  }

  /** Lets the oldest runs go that are over the budget. The newest always stays. */
  trim(): void {
    let held = [...this.#runs.values()].reduce((sum, run) => sum + bytesOf(run), 0);
    for (const [key, run] of this.#runs) {
      if (held <= this.#budgetBytes || this.#runs.size === 1) return;
      this.#runs.delete(key);
      held -= bytesOf(run);
    }
  }

  /** Throws `unknown-run`. */
  finished(probeId: string): FinishedProbe & Pick<ProbeRun, 'samples'> {
    const run = [...this.#runs.values()].find((each) => each.probeId === probeId);
    if (run?.finished) return { ...run.finished, samples: run.samples };
    throw new AppError('unknown-run', 'This probe run is no longer held by the engine.', {
      hint: 'Run the probe set again.',
    });
  }

  clear(): void {
    this.#runs.clear();
  }
}

function bytesOf({ samples, records }: ProbeRun): number {
  const ids = samples.reduce((sum, { prompt, answer }) => sum + prompt.byteLength + answer.byteLength, 0);
  const values = records.reduce((sum, { scores, retrieval }) => {
    const tables = scores.reduce((bytes, score) => bytes + (score.values?.byteLength ?? 0), 0);
    const copies = [retrieval?.free, retrieval?.forced].reduce(
      (bytes, each) => bytes + (each ? each.positions.byteLength + each.events.byteLength + each.hits.byteLength : 0),
      0,
    );
    return sum + tables + copies;
  }, 0);
  return ids + values;
}
