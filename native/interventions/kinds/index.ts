/** What each kind does. The compiler asks for every one. */
import type { InterventionKindId } from '../../../shared/model/intervention-kinds/index.ts';
import type { KindEffect } from '../kind-effect.ts';
import { calibrate } from './calibrate.ts';
import { dropKeys } from './drop-keys.ts';
import { freeze } from './freeze.ts';
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

export const KIND_EFFECTS: Readonly<Record<InterventionKindId, KindEffect>> = {
  zero,
  scale,
  mean,
  resample,
  patch,
  uniform,
  streaming,
  window,
  'drop-keys': dropKeys,
  'zero-values': zeroValues,
  freeze,
  temperature,
  sigmoid,
  calibrate,
  residual,
};
