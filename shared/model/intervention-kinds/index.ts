/** Every kind of intervention, in the order of lists. */
import { calibrate } from './calibrate.ts';
import { dropKeys } from './drop-keys.ts';
import { freeze } from './freeze.ts';
import type { InterventionKind } from './kind.ts';
import { mean } from './mean.ts';
import { patch } from './patch.ts';
import { resample } from './resample.ts';
import { residual } from './residual.ts';
import { scale } from './scale.ts';
import { sigmoid } from './sigmoid.ts';
import { streaming } from './streaming.ts';
import { temperature } from './temperature.ts';
import { uniform } from './uniform.ts';
import { window } from './window.ts';
import { zeroValues } from './zero-values.ts';
import { zero } from './zero.ts';

const KINDS = [
  zero,
  scale,
  mean,
  resample,
  patch,
  uniform,
  streaming,
  window,
  dropKeys,
  zeroValues,
  freeze,
  temperature,
  sigmoid,
  calibrate,
  residual,
] as const;

export type InterventionKindId = (typeof KINDS)[number]['id'];
export const INTERVENTION_KINDS: readonly (InterventionKind & { readonly id: InterventionKindId })[] = KINDS;
export const INTERVENTION_KIND_IDS = KINDS.map(({ id }) => id) as [InterventionKindId, ...InterventionKindId[]];

export function interventionKind(id: InterventionKindId): InterventionKind {
  return INTERVENTION_KINDS.find((kind) => kind.id === id)!;
}
