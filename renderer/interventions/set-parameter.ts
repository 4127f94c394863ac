import type { Intervention } from '../../shared/model/intervention.ts';
import type { InterventionParameter } from '../../shared/model/intervention-kinds/kind.ts';

/** The entry with a parameter; one at its default is not written down, so that equal entries are equal. */
export function withParameter(
  entry: Intervention,
  { id, default: usual }: InterventionParameter,
  value: number | string,
): Intervention {
  const { parameters, ...rest } = entry;
  const others = Object.entries(parameters ?? {}).filter(([key]) => key !== id);
  const next = Object.fromEntries(value === usual ? others : [...others, [id, value]]);
  return Object.keys(next).length > 0 ? { ...rest, parameters: next } : rest;
}
