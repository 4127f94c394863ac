import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import { waitFor } from './wait-for.ts';

export type StoreChoice = ParsedParamsOf<'run.store'>;

export interface CollectedRun {
  /** Null where there is nothing of it. */
  readonly run: StoredRun | null;
  /** Why it is not what was asked for, as a sentence; null where it is. */
  readonly problem: string | null;
}

/**
 * Asks the engine for what a session keeps of runs, and remembers the answers: a run never changes, so the same choice
 * needs no second question, and an older answer is at hand when the engine is busy or gone.
 */
export interface RunKeeper {
  /** Waits for the engine until the signal is aborted, or at most `patienceMs`. */
  collect(
    choice: StoreChoice,
    wait: { readonly signal: AbortSignal; readonly patienceMs?: number },
  ): Promise<CollectedRun>;
  /** Takes in a run from a file. `complete`: the engine could add nothing to it. */
  adopt(runId: string, run: StoredRun, complete: boolean): void;
  /** Forgets all other runs. */
  retain(runIds: readonly string[]): void;
}

interface Kept {
  readonly run: StoredRun;
  /** Of the choice that it answers; null for one from a file. */
  readonly key: string | null;
  readonly complete: boolean;
}

/** A store that was begun is never cancelled: a late answer to that would cost the engine its life. */
const uncancelled: CallContext = { signal: new AbortController().signal, progress: () => undefined };

export function createRunKeeper(store: Handlers<'run.store'>['run.store']): RunKeeper {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Promise<StoredRun>>();

  const ask = (choice: StoreChoice, key: string): Promise<StoredRun> => {
    const known = asked.get(key);
    if (known) return known;
    const answer = store(choice, uncancelled);
    asked.set(key, answer);
    answer
      .then(
        (run) => kept.set(choice.runId, { run, key, complete: false }),
        () => undefined, // told to who waits for it
      )
      .finally(() => asked.delete(key));
    return answer;
  };

  return {
    async collect(choice, { signal, patienceMs }) {
      const key = JSON.stringify(choice);
      const before = kept.get(choice.runId);
      if (before && (before.complete || before.key === key)) return { run: before.run, problem: null };
      try {
        return { run: await waitFor(ask(choice, key), signal, patienceMs), problem: null };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { run: kept.get(choice.runId)?.run ?? null, problem: error.message };
      }
    },
    adopt: (runId, run, complete) => void kept.set(runId, { run, key: null, complete }),
    retain(runIds) {
      for (const runId of [...kept.keys()]) if (!runIds.includes(runId)) kept.delete(runId);
    },
  };
}
