/** Forwards with several places changed at once. */
import type { Intervention } from '../../shared/model/intervention.ts';
import { runChanged } from './changed-run.ts';
import type { SweepContext } from './sweep-context.ts';
import type { Trial } from './sweep-places.ts';

/** `added`: at least one, on top of the run. */
export function setTrial(context: SweepContext, name: string, added: readonly Intervention[]): Trial {
  return {
    name,
    firstLayer: Math.min(...added.map(({ where }) => where.layer)),
    run: async (job) => runChanged(context, { edits: await context.plan(added, job) }, job),
  };
}
