import { choiceParameter } from '../../../shared/model/intervention.ts';
import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

export const sigmoid: KindEffect = ({ entry, rows }) => {
  const bias = choiceParameter(entry, 'bias') === 'none' ? 'none' : 'log-visible';
  const step: HeadStep = { kind: 'sigmoid', rows, bias };
  return { steps: () => [step] };
};
