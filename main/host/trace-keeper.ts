import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { StoredTrace } from '../../shared/model/method-views.ts';
import { SESSION_LIMITS } from '../files/session/limits.ts';
import { waitFor } from './wait-for.ts';

export interface CollectedTrace {
  /** Null where there is nothing of it. */
  readonly trace: StoredTrace | null;
  /** Why, as a sentence; null where it is there. */
  readonly problem: string | null;
}

/**
 * Asks the engine for what methods read, and remembers the answers: a trace never changes, so one question is enough,
 * and it is at hand when the engine is busy or gone.
 */
export interface TraceKeeper {
  /** Waits for the engine until the signal is aborted, or at most `patienceMs`. */
  collect(trace: string, wait: { readonly signal: AbortSignal; readonly patienceMs?: number }): Promise<CollectedTrace>;
  /** Takes in one from a file. */
  adopt(trace: string, stored: StoredTrace): void;
  /** Forgets all others. */
  retain(traces: readonly string[]): void;
}

/** What was begun is never cancelled: a late answer to that would cost the engine its life. */
const uncancelled: CallContext = { signal: new AbortController().signal, progress: () => undefined };
/** Of the file around the bits. */
const HEADER_BYTES = 4096;

export function createTraceKeeper(store: Handlers<'method.store'>['method.store']): TraceKeeper {
  const kept = new Map<string, StoredTrace>();
  const asked = new Map<string, Promise<StoredTrace>>();

  const ask = (trace: string): Promise<StoredTrace> => {
    const known = asked.get(trace);
    if (known) return known;
    const answer = store({ trace }, uncancelled);
    asked.set(trace, answer);
    answer
      .then(
        (stored) => kept.set(trace, stored),
        () => undefined, // told to who waits for it
      )
      .finally(() => asked.delete(trace));
    return answer;
  };

  return {
    async collect(trace, { signal, patienceMs }) {
      try {
        const stored = kept.get(trace) ?? (await waitFor(ask(trace), signal, patienceMs));
        if (stored.bits.byteLength + HEADER_BYTES <= SESSION_LIMITS.traceBytes) return { trace: stored, problem: null };
        const [mib, most] = [stored.bits.byteLength, SESSION_LIMITS.traceBytes].map((bytes) =>
          Math.ceil(bytes / 2 ** 20),
        );
        return { trace: null, problem: `It takes ${mib} MiB; the limit is ${most} MiB.` };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { trace: null, problem: error.message };
      }
    },
    adopt: (trace, stored) => void kept.set(trace, stored),
    retain(traces) {
      for (const trace of [...kept.keys()]) if (!traces.includes(trace)) kept.delete(trace);
    },
  };
}
