import type { Timings } from './job.ts';

/** Warm runs go on for so long, within these bounds. */
const WARM_MS = 3000;
const MOST_RUNS = 20;
const FEWEST_RUNS = 3;
/** After a collection the memory of arrays is given back by another thread, beside whatever is timed then. */
const SWEEP_MS = 50;
/** What takes longer is run warm only once: it is its own average. */
const LONG_MS = 20_000;

/**
 * One first run, then warm ones, taking turns where there are several, the slow ones fewer times. What a run returns
 * is let go, collected and given back before the next, so that two results are never held at once.
 */
export async function measureRuns(runs: readonly (() => Promise<void>)[]): Promise<Timings[]> {
  const first: number[] = [];
  for (const run of runs) first.push(await timed(run));
  const warm = runs.map((): number[] => []);
  const counts = first.map(warmRuns);
  for (let round = 0; round < Math.max(...counts); round++) {
    for (const [which, run] of runs.entries()) {
      if (round < counts[which]!) warm[which]!.push(await timed(run));
    }
  }
  return first.map((firstMs, which) => ({ firstMs, warmMs: warm[which]! }));
}

/** Warm runs of something whose first took so long. */
export function warmRuns(firstMs: number): number {
  if (firstMs > LONG_MS) return 1;
  return Math.min(MOST_RUNS, Math.max(FEWEST_RUNS, Math.ceil(WARM_MS / firstMs)));
}

async function timed(run: () => Promise<void>): Promise<number> {
  // There only with --expose-gc, which the children that measure are started with.
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  const started = performance.now();
  await run();
  return performance.now() - started;
}
