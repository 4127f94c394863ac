/** A list of interventions as what is done in each layer to a prompt and to the tokens that are generated after it. */
import { activeInterventions, choiceParameter, type Intervention } from '../../shared/model/intervention.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { RopeSpec } from '../families/rope.ts';
import type { Job } from '../forward/checkpoint.ts';
import { checkInterventions, refused } from '../interventions/check.ts';
import { mergeEdits, type LayerEdit } from '../interventions/layer-edit.ts';
import { planInterventions, type PlanContext } from '../interventions/plan.ts';
import { promptPart } from './prompt-part.ts';

/**
 * Kinds that are about positions of the prompt are done to these alone. `capacity`: most positions that there will be.
 * Throws as `planInterventions`, and `bad-request` for what cannot be generated under.
 */
export async function generationEdits(
  context: PlanContext,
  list: readonly Intervention[],
  capacity: number,
  job: Job,
): Promise<(layer: number) => LayerEdit | null> {
  const { model, ids } = context;
  checkInterventions(model, list);
  const plans: { readonly isOfPrompt: boolean; readonly layer: (layer: number) => LayerEdit | null }[] = [];
  for (const entry of activeInterventions(list)) {
    if (isRotatedPatch(entry)) checkRotation(entry, model.rope, capacity);
    const { name, generation } = interventionKind(entry.what);
    if (generation === 'refused') throw refused(entry, `nothing can be generated under ${name}.`, 'Switch it off.');
    const isOfPrompt = generation === 'prompt-only';
    // One by one: which edits are of the prompt alone is told by their entry.
    plans.push({ isOfPrompt, layer: (await planInterventions(context, [entry], job)).layer });
  }
  const edits = Array.from({ length: model.layers }, (_, layer) =>
    plans.reduce<LayerEdit | null>((before, plan) => {
      const edit = plan.layer(layer);
      return mergeEdits(before, edit && plan.isOfPrompt ? promptPart(edit, ids.length, model) : edit);
    }, null),
  );
  return (layer) => edits[layer]!;
}

function isRotatedPatch(entry: Intervention): boolean {
  return entry.what === 'patch' && ['q', 'k'].includes(choiceParameter(entry, 'what'));
}

/** Patched queries and keys are rotated as those of the prompt, which dynamic scaling turns anew as it grows. */
function checkRotation(entry: Intervention, rope: RopeSpec | null, capacity: number): void {
  if (rope?.scaling.kind !== 'dynamic' || capacity <= rope.scaling.original) return;
  const { original } = rope.scaling;
  throw refused(
    entry,
    `past ${original} tokens every new token rotates the queries and keys of this model anew, and patched ones would stay behind.`,
    `Keep prompt and generated tokens within ${original}.`,
  );
}
