import { AppError, CancelledError } from '../../shared/base/app-error.ts';
import type { RunHandle } from '../state/run-state.ts';
import type { AppState, AppStore } from '../state/store.ts';

/**
 * Whether other runs are on their way to take the place of those on screen. Stale runs alone are no such promise: after
 * a replay that was cancelled or given up they stay until the person acts.
 */
export function isBeingReplaced({ host, model, run }: AppState): boolean {
  if (run.job?.kind === 'clean') return true;
  if (!run.stale) return false;
  switch (host.connection.status) {
    case 'open':
      return model.opening !== undefined || host.engine === 'restarting';
    case 'connecting':
    case 'lost':
      return true;
    case 'bad-token':
    case 'busy':
    case 'taken-over':
      return false;
  }
}

/**
 * Asks the engine about a run. What fails because the run is no longer on screen, or will not be for long, ends as
 * cancelled: whoever asked is about to ask about its successor.
 */
export async function askAboutRun<T>(
  store: AppStore,
  run: RunHandle,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const state = store.getState();
    const { clean, changed, other, stale } = state.run;
    const isShown = [clean, changed, other].some((shown) => shown?.key === run.key);
    if (signal.aborted || !isShown) throw new CancelledError();
    if (stale) throw isBeingReplaced(state) ? new CancelledError() : goneWithItsEngine();
    // The answers come before the news of the death.
    if (error instanceof AppError && error.code === 'engine-died') throw new CancelledError();
    throw error;
  }
}

/** No successor comes by itself; told as cancelled, whoever asked would wait for ever. */
function goneWithItsEngine(): AppError {
  return new AppError('engine-died', 'The engine that made this run is gone.', { hint: 'Run the prompt again.' });
}
