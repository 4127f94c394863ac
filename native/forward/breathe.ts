/** Pauses of long computations in JavaScript, which no call into a library interrupts. */
import { takeTurn, type Interruptible } from './take-turn.ts';

/** Messages are let through after so long. */
const LONGEST_STRETCH_MS = 25;

/** To be awaited every few milliseconds: takes its turn when it is time. Throws `CancelledError` then. */
export function breather(job: Interruptible): () => Promise<void> {
  let paused = performance.now();
  return async () => {
    if (performance.now() - paused < LONGEST_STRETCH_MS) return;
    await takeTurn(job);
    paused = performance.now();
  };
}
