/** What interventions do to a generation of the open model. */
import type { Intervention } from '../../shared/model/intervention.ts';
import type { Job } from '../forward/checkpoint.ts';
import { generationEdits } from '../generation/generation-edits.ts';
import type { LayerEdit } from '../interventions/layer-edit.ts';
import { computeRun } from './compute-run.ts';
import type { Opened } from './opened.ts';
import { planContext } from './plan-context.ts';
import type { Holding } from './run-store.ts';

const EMPTY = { tokens: 0, ids: new Int32Array(0), resid: [], layers: [], computedFrom: 0 };

/**
 * Gives `use` what the list does to a prompt and to what follows it, up to `capacity` positions. Only kinds that read the
 * prompt's clean run cost one, and only once for a prompt that stays among the latest. Throws `bad-request` for what
 * cannot be done, and as `use` does.
 */
export async function withGenerationEdits<T>(
  opened: Opened,
  { ids, interventions, capacity }: { ids: Int32Array; interventions: readonly Intervention[]; capacity: number },
  job: Job,
  use: (edit: (layer: number) => LayerEdit | null) => Promise<T>,
): Promise<T> {
  const holdings: Holding[] = [];
  try {
    const context = planContext(opened, { capture: EMPTY, tokens: [] }, async (prompt, own) => {
      const run = await computeRun(opened, prompt, [], own);
      for (const held of run.holdings) held.retain();
      holdings.push(...run.holdings);
      return run.capture;
    });
    return await use(await generationEdits({ ...context, ids }, interventions, capacity, job));
  } finally {
    for (const held of holdings) held.release();
  }
}
