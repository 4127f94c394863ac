import { numberParameter } from '../../../shared/model/intervention.ts';
import { importance } from '../../sinks/importance.ts';
import type { HeadStep } from '../layer-edit.ts';
import type { EffectParts, KindEffect, PlacedEntry } from '../kind-effect.ts';

export const calibrate: KindEffect = (placed, { ids, model }) => {
  const { entry, layer, keys } = placed;
  if (keys !== null) {
    const named = Int32Array.from(keys.keys()).filter((key) => keys[key] === 1);
    return partsOf(placed, () => named);
  }
  const threshold = numberParameter(entry, 'threshold');
  const sinks = new Map<number, Int32Array>();
  return {
    prompts: [ids],
    read: async ({ tokens, layers }, _, breathe) => {
      const { columnSum } = layers[layer]!;
      const window = model.slidingWindow[layer]!;
      for (const head of placed.heads) {
        const isSink = (key: number) => key > 0 && importance(columnSum, head, key, tokens, window) > threshold;
        sinks.set(head, Int32Array.from({ length: tokens }, (_key, key) => key).filter(isSink));
        await breathe();
      }
    },
    parts: () => partsOf(placed, (head) => sinks.get(head)!),
  };
};

function partsOf({ entry, rows }: PlacedEntry, keysOf: (head: number) => Int32Array): EffectParts {
  const beta = numberParameter(entry, 'beta');
  return {
    steps: (head): HeadStep[] => {
      const keys = keysOf(head);
      return keys.length === 0 ? [] : [{ kind: 'calibrate', rows, keys, beta }];
    },
  };
}
