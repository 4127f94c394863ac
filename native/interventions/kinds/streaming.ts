import { numberParameter } from '../../../shared/model/intervention.ts';
import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

export const streaming: KindEffect = ({ entry, rows }) => {
  const [sink, window] = [numberParameter(entry, 'sink'), numberParameter(entry, 'window')];
  const step: HeadStep = { kind: 'mask', rows, mask: { kind: 'sink-window', sink, window } };
  return { steps: () => [step] };
};
