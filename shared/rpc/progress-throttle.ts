import type { Progress } from '../contract/methods.ts';

export const PROGRESS_INTERVAL_MS = 100;

export interface ProgressThrottle {
  report(progress: Progress): void;
  /** Sends what is still held back. */
  flush(): void;
  stop(): void;
}

/** Passes the first report at once and then at most one per interval, always the latest; `flush` sends the last. */
export function createProgressThrottle(
  send: (progress: Progress) => void,
  intervalMs = PROGRESS_INTERVAL_MS,
): ProgressThrottle {
  let held: Progress | undefined;
  let timer: unknown;
  let stopped = false;

  const sendHeld = (): void => {
    if (held === undefined) return;
    const progress = held;
    held = undefined;
    send(progress);
  };
  const tick = (): void => {
    timer = undefined;
    if (held === undefined) return;
    sendHeld();
    timer = setTimeout(tick, intervalMs);
  };
  const stopTimer = (): void => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
  };

  return {
    report(progress) {
      if (stopped) return;
      held = progress;
      if (timer !== undefined) return;
      sendHeld();
      timer = setTimeout(tick, intervalMs);
    },
    flush() {
      if (!stopped) sendHeld();
    },
    stop() {
      stopped = true;
      held = undefined;
      stopTimer();
    },
  };
}
