/** The run of a model that heads are changed in, as the engine makes it. */
import type { Intervention } from '../../../shared/model/intervention.ts';
import type { Job } from '../../forward/checkpoint.ts';
import { runForward, type ForwardModel } from '../../forward/forward.ts';
import { tokenNll } from '../../forward/likelihoods.ts';
import { planInterventions, type PlanContext } from '../../interventions/plan.ts';
import type { SweepContext } from '../sweep-context.ts';

/** `on`: what the run is changed by already. Of the reference sets there is no task. */
export async function contextOf(
  model: ForwardModel,
  ids: Int32Array,
  on: readonly Intervention[],
  job: Job,
): Promise<SweepContext> {
  const planned: PlanContext = {
    model: model.architecture,
    ids,
    classes: (of) => new Uint8Array(of.length),
    runPrompt: (prompt, own) => runForward(model, { ids: prompt }, own),
    samples: () => Promise.resolve([]),
  };
  const edits = await planInterventions(planned, on, job);
  const capture = await runForward(model, { ids, edit: edits.layer }, job);
  const nll = await tokenNll(model, capture, job);
  return { model, capture, edits, nll, plan: (added, own) => planInterventions(planned, added, own) };
}
