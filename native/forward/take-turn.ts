import { CancelledError } from '../../shared/base/app-error.ts';

/** What a computation in pieces is interrupted by. */
export interface Interruptible {
  readonly signal: AbortSignal;
  /** Resolves at once unless something more urgent is running. */
  readonly turn?: () => Promise<void>;
}

/**
 * Lets messages through, and stands aside while something more urgent runs; a cancel does not wait for that. Throws
 * `CancelledError` once the job is cancelled.
 */
export async function takeTurn({ signal, turn }: Interruptible): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
  if (turn === undefined) return;
  let leave: () => void = () => undefined;
  const cancelled = new Promise<void>((resolve) => {
    leave = resolve;
    signal.addEventListener('abort', leave);
  });
  await Promise.race([turn(), cancelled]);
  signal.removeEventListener('abort', leave);
  throwIfAborted(signal);
}

function throwIfAborted({ aborted }: AbortSignal): void {
  if (aborted) throw new CancelledError();
}
