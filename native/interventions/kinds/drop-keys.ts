import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

export const dropKeys: KindEffect = ({ rows, keys }) => {
  const step: HeadStep = { kind: 'hide-keys', rows, keys };
  return { steps: () => [step] };
};
