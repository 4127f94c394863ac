/** The runs of the open model, least recently used ones dropped over the memory budget. */
import { AppError } from '../../shared/base/app-error.ts';
import type { RunComparison, RunSummary } from '../../shared/contract/methods.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { Capture } from '../capture/capture.ts';
import type { SpillFile } from '../capture/spill-file.ts';
import type { ChosenParts } from '../session/collect-chosen.ts';

/** Answers that were given already. */
export interface RunMemo {
  /** As it was given last. */
  summary?: RunSummary;
  scores?: readonly ScoreTable[];
  /** By clean run. */
  readonly comparisons: WeakMap<Run, RunComparison>;
  /** What a session kept of single heads when it was saved last. */
  chosen?: ChosenParts;
}

export interface Run {
  readonly runId: string;
  /** Identity of model, tokens and interventions: equal keys have equal numbers. */
  readonly key: string;
  readonly capture: Capture;
  readonly tokens: readonly TokenView[];
  readonly interventions: readonly Intervention[];
  readonly nll: Float32Array;
  readonly milliseconds: number;
  /** Bytes in memory that no other run shares. */
  readonly bytes: number;
  /** That its arrays are read from; each is held once. */
  readonly files: readonly SpillFile[];
  readonly memo: RunMemo;
}

export class RunStore {
  /** In order of use, oldest first. */
  readonly #runs = new Map<string, Run>();
  readonly #budgetBytes: number;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** Throws `unknown-run`. */
  get(runId: string): Run {
    const run = this.#runs.get(runId);
    if (run === undefined) {
      throw new AppError('unknown-run', 'This run is no longer held by the engine.', { hint: 'Run the prompt again.' });
    }
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    return run;
  }

  findByKey(key: string): Run | undefined {
    const found = [...this.#runs.values()].find((run) => run.key === key);
    return found && this.get(found.runId);
  }

  add(run: Run): void {
    this.#runs.set(run.runId, run);
    let held = [...this.#runs.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const old of [...this.#runs.values()]) {
      // The newest and the one before it (a changed run and its clean one) always stay.
      if (held <= this.#budgetBytes || this.#runs.size <= 2) break;
      this.delete(old.runId);
      held -= old.bytes;
    }
  }

  delete(runId: string): void {
    const run = this.#runs.get(runId);
    this.#runs.delete(runId);
    for (const file of run?.files ?? []) file.release();
  }

  clear(): void {
    for (const runId of [...this.#runs.keys()]) this.delete(runId);
  }
}
