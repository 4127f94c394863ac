/** Pauses of long computations in JavaScript, which no call into a library interrupts. */
import { CancelledError } from '../../shared/base/app-error.ts';
import type { Job } from './checkpoint.ts';

/** Messages are let through after so long. */
const LONGEST_STRETCH_MS = 25;

/**
 * To be awaited every few milliseconds: lets messages through when it is time, stands aside for what is more urgent,
 * and throws `CancelledError` once the job is cancelled.
 */
export function breather({ signal, turn }: Pick<Job, 'signal' | 'turn'>): () => Promise<void> {
  let paused = performance.now();
  return async () => {
    if (performance.now() - paused < LONGEST_STRETCH_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    throwIfAborted(signal);
    await turn?.();
    throwIfAborted(signal);
    paused = performance.now();
  };
}

function throwIfAborted({ aborted }: AbortSignal): void {
  if (aborted) throw new CancelledError();
}
