import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

/** Values of a group are shared by its query heads, so each weighs its own instead. */
export const zeroValues: KindEffect = ({ rows, keys }) => {
  const step: HeadStep = { kind: 'zero-values', rows, keys };
  return { steps: () => [step] };
};
