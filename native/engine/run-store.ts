/** The runs of the open model, least recently used ones dropped over the memory budget. */
import { AppError } from '../../shared/base/app-error.ts';
import type { RunComparison, RunSummary } from '../../shared/contract/methods.ts';
import type { HeadDescriptors } from '../../shared/model/descriptors.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import type { FinalNorm, Intervention } from '../../shared/model/intervention.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { SinkReport } from '../../shared/model/sinks.ts';
import { ArrayStore } from '../capture/array-store.ts';
import type { Capture } from '../capture/capture.ts';
import type { InterventionPlan } from '../interventions/plan.ts';
import type { ChosenParts } from '../session/collect-chosen.ts';
import type { GreedyState } from '../sweeps/greedy.ts';
import type { SweepState } from '../sweeps/sweep-places.ts';

/** Answers that were given already. */
export interface RunMemo {
  /** As it was given last. */
  summary?: RunSummary;
  /** Head scores, by id and parameters, in the order that they were asked for. */
  readonly scores: Map<string, ScoreTable>;
  descriptors?: HeadDescriptors;
  /** With the threshold that was asked for last. */
  sinks?: SinkReport;
  /** By clean run. */
  readonly comparisons: WeakMap<Run, RunComparison>;
  /** What a session kept of single heads when it was saved last. */
  chosen?: ChosenParts;
  /** What cost forwards, as far as it was computed, by what was asked for. */
  sweeps?: Map<string, SweepState>;
  /** Searches for sets of heads, likewise. */
  searches?: Map<string, GreedyState>;
  /** Greedy continuations without a method: ids, by where they begin and their length. */
  continuations?: Map<string, Int32Array>;
}

/** Arrays of runs, in memory or in a file, which go with the last run that holds them. */
export interface Holding {
  /** Throws `unknown-run` where that is gone. */
  retain(): void;
  release(): void;
}

export interface Run {
  readonly runId: string;
  /** Identity of model, tokens and interventions: equal keys have equal numbers. */
  readonly key: string;
  readonly capture: Capture;
  readonly tokens: readonly TokenView[];
  /** Without those that are off. */
  readonly interventions: readonly Intervention[];
  readonly finalNorm: FinalNorm;
  /** What its list does; null for a clean run. */
  readonly plan: InterventionPlan | null;
  readonly nll: Float32Array;
  readonly milliseconds: number;
  /** Bytes in memory that no other run shares. */
  readonly bytes: number;
  /** What its arrays lie in, each held once. */
  readonly holdings: readonly Holding[];
  readonly memo: RunMemo;
}

/** Share of the budget for arrays that wait for their next run, at most. */
const IDLE_SHARE = 0.25;

export class RunStore {
  /** In order of use, oldest first. */
  readonly #runs = new Map<string, Run>();
  readonly #budgetBytes: number;
  /** Of the runs in memory. */
  readonly arrays: ArrayStore;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
    this.arrays = new ArrayStore(IDLE_SHARE * budgetBytes);
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
    this.arrays.trim(Math.max(0, this.#budgetBytes - held));
  }

  delete(runId: string): void {
    const run = this.#runs.get(runId);
    this.#runs.delete(runId);
    for (const holding of run?.holdings ?? []) holding.release();
  }

  clear(): void {
    for (const runId of [...this.#runs.keys()]) this.delete(runId);
    this.arrays.trim(0);
  }
}
