import type { Capture } from '../../capture/capture.ts';
import type { HeadStep } from '../layer-edit.ts';
import type { KindEffect } from '../kind-effect.ts';

export const freeze: KindEffect = ({ layer, rows }, { ids }) => {
  let clean: Capture;
  return {
    prompts: [ids],
    read: (capture) => {
      clean = capture;
    },
    parts: () => {
      const of = clean.layers[layer]!;
      const donor = { queries: () => of.q, keys: () => of.k, tokens: clean.tokens, partners: null };
      const step: HeadStep = { kind: 'donor', rows, donor };
      return { steps: () => [step] };
    },
  };
};
