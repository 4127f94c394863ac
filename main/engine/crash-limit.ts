/** Counts crashes in a sliding window and says how long to wait before the next start, or that it is time to give up. */
export interface CrashLimit {
  /** Notes a crash. Milliseconds to wait before starting again; null = give up. */
  crashed(): number | null;
  reset(): void;
}

export interface CrashPolicy {
  /** Crashes within the window that are followed by another start. */
  readonly most: number;
  readonly windowMs: number;
  /** Wait after the second crash; doubles with each further one. The first is followed by a start at once. */
  readonly firstWaitMs: number;
}

export const CRASH_POLICY: CrashPolicy = { most: 4, windowMs: 60_000, firstWaitMs: 250 };

export function createCrashLimit(
  policy: CrashPolicy = CRASH_POLICY,
  now: () => number = () => performance.now(),
): CrashLimit {
  let crashes: number[] = [];
  return {
    crashed() {
      const time = now();
      crashes = [...crashes.filter((at) => time - at < policy.windowMs), time];
      if (crashes.length > policy.most) return null;
      return crashes.length === 1 ? 0 : policy.firstWaitMs * 2 ** (crashes.length - 2);
    },
    reset() {
      crashes = [];
    },
  };
}
