/** Steps of a head without those that change nothing: what is left has the bits of a head that they are not asked of. */
import { groupOf } from '../../shared/model/head-id.ts';
import type { AttendedLayer, LayerInputs } from './attended-layer.ts';
import { hidesKeys, type Donor, type HeadStep, type PositionSet } from './layer-edit.ts';

export function effectiveSteps(
  all: readonly HeadStep[],
  of: Pick<AttendedLayer, 'architecture' | 'layer' | 'tokens' | 'queryStart'>,
  inputs: Pick<LayerInputs, 'q' | 'k'>,
  head: number,
): readonly HeadStep[] {
  const { tokens, queryStart } = of;
  let steps = all.filter((step) => holds(step.rows, queryStart, tokens) && doesAnything(step, of));
  // All that another run's scores replace is forgotten, but for the values.
  const donorAt = steps.findLastIndex(isWholeDonor);
  if (donorAt >= 0) steps = steps.filter((step, at) => at >= donorAt || step.kind === 'zero-values');
  const donor = steps.find(isWholeDonor)?.donor;
  if (donor !== undefined && isOwn(donor, of, inputs, head)) steps = steps.filter((step) => !isWholeDonor(step));
  // Of what uniform attention replaces, what is hidden stays hidden.
  const uniformAt = steps.findLastIndex(({ kind, rows }) => kind === 'uniform' && rows === null);
  return steps.filter(
    (step, at) =>
      at >= uniformAt ||
      hidesKeys(step) ||
      step.kind === 'zero-values' ||
      (step.kind === 'donor' && step.donor.partners !== null),
  );
}

/** Whether every row sees with it what the same row sees in the other run. */
export function isWholeDonor(step: HeadStep): step is Extract<HeadStep, { readonly kind: 'donor' }> {
  return step.kind === 'donor' && step.rows === null && step.donor.partners === null;
}

function holds(set: PositionSet, start: number, end: number): boolean {
  if (set === null) return true;
  const at = set.indexOf(1, start);
  return at >= 0 && at < end;
}

function doesAnything(
  step: HeadStep,
  { architecture, layer, tokens }: Pick<AttendedLayer, 'architecture' | 'layer' | 'tokens'>,
): boolean {
  switch (step.kind) {
    case 'mask': {
      if (step.mask.kind !== 'sink-window') return true;
      const reach = Math.min(tokens, architecture.slidingWindow[layer] ?? tokens);
      return step.mask.window < reach && step.mask.sink + step.mask.window < tokens;
    }
    case 'hide-keys':
    case 'zero-values':
      return holds(step.keys, 0, tokens);
    case 'temper':
      return step.temperature !== 1;
    case 'calibrate':
      return step.beta !== 1 && step.keys.length > 0;
    case 'uniform':
    case 'donor':
    case 'sigmoid':
      return true;
  }
}

/** Whether the queries and keys of another run are those of the head itself. */
function isOwn(
  donor: Donor,
  { architecture, tokens, queryStart }: Pick<AttendedLayer, 'architecture' | 'tokens' | 'queryStart'>,
  { q, k }: Pick<LayerInputs, 'q' | 'k'>,
  head: number,
): boolean {
  const { heads, kvHeads, headDim } = architecture;
  if (donor.tokens < tokens) return false;
  const group = groupOf(head, heads, kvHeads);
  const sameColumns = (own: Float32Array, other: Float32Array, index: number, count: number, start: number) => {
    const width = count * headDim;
    for (let row = 0; row * width < own.length; row++) {
      const at = row * width + index * headDim;
      const otherAt = at + start * width;
      for (let d = 0; d < headDim; d++) if (own[at + d] !== other[otherAt + d]) return false;
    }
    return true;
  };
  return sameColumns(q, donor.queries(), head, heads, queryStart) && sameColumns(k, donor.keys(), group, kvHeads, 0);
}
