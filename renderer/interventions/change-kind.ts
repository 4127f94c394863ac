import { interventionKind, type InterventionKindId } from '../../shared/model/intervention-kinds/index.ts';
import type { Intervention } from '../../shared/model/intervention.ts';
import { groupOf } from '../../shared/model/head-id.ts';
import { placeKind, type Place } from '../../shared/model/place.ts';

type Heads = { readonly heads: number; readonly kvHeads: number };

/**
 * The entry with another kind: what the new one has no use for goes, parameters start at their defaults, and a place that
 * it cannot stand at becomes the smallest one around it that it can.
 */
export function withKind(entry: Intervention, what: InterventionKindId, model: Heads): Intervention {
  const kind = interventionKind(what);
  const { rows, keys, source, off } = entry;
  return {
    what,
    where: widened(entry.where, what, model),
    ...(rows && kind.rows ? { rows } : {}),
    ...(keys && kind.keys !== 'none' ? { keys } : {}),
    ...(source && kind.sources !== 'none' ? { source: kind.sources === 'one' ? firstOf(source) : source } : {}),
    ...(off ? { off } : {}),
  };
}

function widened(where: Place, what: InterventionKindId, { heads, kvHeads }: Heads): Place {
  const { places } = interventionKind(what);
  if (places.includes(placeKind(where))) return where;
  if ('head' in where && places.includes('kv-group')) {
    return { layer: where.layer, kvHead: groupOf(where.head, heads, kvHeads) };
  }
  return { layer: where.layer };
}

/** Of several prompts, what takes only one takes the first. */
function firstOf(source: NonNullable<Intervention['source']>): NonNullable<Intervention['source']> {
  return 'task' in source ? { ...source, samples: 1 } : { prompts: source.prompts.slice(0, 1) };
}
