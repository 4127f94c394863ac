import type { Activity } from './activity.ts';

export interface Debounced {
  /** Runs the latest `work` once nothing was scheduled for the delay. */
  schedule(work: () => void): void;
  cancel(): void;
}

/** A timer that counts as activity while it is pending. */
export function createDebounce(activity: Activity, delayMs: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: (() => void) | undefined;

  function cancel(): void {
    clearTimeout(timer);
    end?.();
    end = undefined;
  }

  function schedule(work: () => void): void {
    cancel();
    const finish = activity.begin();
    end = finish;
    timer = setTimeout(() => {
      // The work goes first, so that what it starts is counted before the timer stops counting.
      work();
      finish();
    }, delayMs);
  }

  return { schedule, cancel };
}
