import type { HeadId } from './head-id.ts';
import { activeInterventions, type Intervention } from './intervention.ts';
import { headsAt } from './place.ts';

/** The query heads that something is done to, each once, in the order of the list. */
export function changedHeads(
  interventions: readonly Intervention[],
  model: { readonly heads: number; readonly kvHeads: number },
): HeadId[] {
  const heads = activeInterventions(interventions).flatMap(({ where }) => headsAt(where, model));
  return [...new Map(heads.map((head) => [`${head.layer} ${head.head}`, head])).values()];
}
