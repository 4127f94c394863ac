import { AppError, CancelledError } from '../../shared/base/app-error.ts';

/**
 * What a promise answers, unless the signal is aborted first, or `patienceMs` go by, which is `busy`. The promise goes on
 * when it is not waited for any more.
 */
export function waitFor<T>(promise: Promise<T>, signal: AbortSignal, patienceMs: number | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new CancelledError());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const busy = (): void => reject(new AppError('busy', 'The engine is busy.'));
    const timer = patienceMs === undefined ? undefined : setTimeout(busy, patienceMs);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}
