import type { HeadId } from './head-id.ts';
import type { Intervention } from './intervention.ts';
import { interventionsInForce } from './missing-part.ts';
import { headsAt } from './place.ts';

/** The query heads that something is done to, each once, in the order of the list: entries that lack a part do nothing. */
export function changedHeads(
  interventions: readonly Intervention[],
  model: { readonly heads: number; readonly kvHeads: number },
): HeadId[] {
  const heads = interventionsInForce(interventions).flatMap(({ where }) => headsAt(where, model));
  return [...new Map(heads.map((head) => [`${head.layer} ${head.head}`, head])).values()];
}
