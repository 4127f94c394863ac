import { numberParameter } from '../../../shared/model/intervention.ts';
import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

export const temperature: KindEffect = ({ entry, rows }) => {
  const step: HeadStep = { kind: 'temper', rows, temperature: numberParameter(entry, 'temperature') };
  return { steps: () => [step] };
};
