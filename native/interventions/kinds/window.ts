import { numberParameter } from '../../../shared/model/intervention.ts';
import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

export const window: KindEffect = ({ entry, rows }) => {
  const mask = { kind: 'sink-window', sink: 0, window: numberParameter(entry, 'window') } as const;
  const step: HeadStep = { kind: 'mask', rows, mask };
  return { steps: () => [step] };
};
