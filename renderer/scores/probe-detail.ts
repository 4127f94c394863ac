import type { ProbeResult } from '../../shared/model/probe.ts';
import { plural } from '../../shared/view/format.ts';

/** What tells a probe result from another of the same set: `20 prompts, length 128, seed 0`. */
export function probeDetail({
  prompts,
  parameters,
  seed,
}: Pick<ProbeResult, 'prompts' | 'parameters' | 'seed'>): string {
  const values = Object.entries(parameters).map(([id, value]) => `${id} ${value}`);
  return [plural(prompts, 'prompt'), ...values, `seed ${seed}`].join(', ');
}
