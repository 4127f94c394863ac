import type { Progress } from '../../shared/contract/methods.ts';

/**
 * One progress of several jobs after each other, `sizes` by their work; the pace so far tells what is left. Jobs of size 0
 * are not done again.
 */
export function joinProgress(
  sizes: readonly number[],
  begun: number,
): (job: number, name: string, own: Progress, now: number) => Progress {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const before = sizes.map((_, job) => sizes.slice(0, job).reduce((sum, size) => sum + size, 0));
  return (job, name, own, now) => {
    const share = own.total > 0 ? Math.min(1, own.done / own.total) : 0;
    const done = before[job]! + share * sizes[job]!;
    const etaMs = done > 0 ? ((now - begun) / done) * (total - done) : null;
    const phase = own.phase.startsWith(name) ? own.phase : `${name}: ${own.phase}`;
    return { phase, done, total, etaMs };
  };
}
