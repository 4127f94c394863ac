/** Steps of a head without those that change nothing: what is left has the bits of a head that they are not asked of. */
import { groupOf } from '../../shared/model/head-id.ts';
import type { AttendedLayer, LayerInputs } from './attended-layer.ts';
import { hidesKeys, isAmong, lastPosition, type HeadStep, type PositionSet } from './layer-edit.ts';

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
  const left: HeadStep[] = [];
  for (const step of steps) if (!isOwnDonor(step, left, of, inputs, head)) left.push(step);
  steps = left;
  // Of what uniform attention replaces, what is hidden stays hidden.
  const uniformAt = steps.findLastIndex(({ kind, rows }) => kind === 'uniform' && rows === null);
  return steps.filter(
    (step, at) =>
      at >= uniformAt ||
      hidesKeys(step) ||
      step.kind === 'zero-values' ||
      // What it hides and what it shows again.
      (step.kind === 'donor' && !isWholeDonor(step)),
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

/**
 * Whether a step takes rows over that are the head's own: with the same queries and keys, and nothing done to them before.
 */
function isOwnDonor(
  step: HeadStep,
  before: readonly HeadStep[],
  { architecture, tokens, queryStart }: Pick<AttendedLayer, 'architecture' | 'tokens' | 'queryStart'>,
  { q, k }: Pick<LayerInputs, 'q' | 'k'>,
  head: number,
): boolean {
  if (step.kind !== 'donor') return false;
  const { donor, rows } = step;
  if (donor.partners !== null || donor.tokens < tokens) return false;
  if (before.some((other) => other.kind !== 'zero-values' && meet(other.rows, rows, queryStart, tokens))) return false;
  const { heads, kvHeads, headDim } = architecture;
  const group = groupOf(head, heads, kvHeads);
  const sameRow = (own: Float32Array, other: Float32Array, at: number, otherAt: number): boolean => {
    for (let d = 0; d < headDim; d++) if (own[at + d] !== other[otherAt + d]) return false;
    return true;
  };
  const [queries, keys] = [donor.queries(), donor.keys()];
  for (let position = queryStart; position < tokens; position++) {
    const [at, otherAt] = [(position - queryStart) * heads + head, position * heads + head];
    if (isAmong(rows, position) && !sameRow(q, queries, at * headDim, otherAt * headDim)) return false;
  }
  for (let key = 0; key <= lastPosition(rows, tokens); key++) {
    const at = (key * kvHeads + group) * headDim;
    if (!sameRow(k, keys, at, at)) return false;
  }
  return true;
}

/** Whether any position from `start` to `end` - 1 is in both. */
function meet(a: PositionSet, b: PositionSet, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (isAmong(a, position) && isAmong(b, position)) return true;
  return false;
}
