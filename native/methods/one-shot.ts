/** Selectors of methods that choose once, at the end of the prompt, or by position alone. */
import { joined, range } from './choose.ts';
import { groupOf, type LayerData, type LayerSelector, type MethodContext } from './method.ts';

/** The same keys for all heads, by their position alone; after the prompt what its last query read. */
export function byPosition(
  { heads }: Pick<LayerData, 'heads'>,
  { promptLength }: Pick<MethodContext, 'promptLength'>,
  keysAt: (query: number) => Int32Array,
): LayerSelector {
  const held = keysAt(promptLength - 1);
  return {
    held: () => held,
    step: (query) => {
      const keys = keysAt(query);
      return Promise.resolve(Array.from({ length: heads }, () => keys));
    },
  };
}

/** What each query head keeps of the prompt; whatever comes after it stays. */
export function keepOfPrompt(
  { heads }: Pick<LayerData, 'heads'>,
  { promptLength }: Pick<MethodContext, 'promptLength'>,
  kept: (head: number) => Int32Array,
): LayerSelector {
  const perHead = Array.from({ length: heads }, (_, head) => kept(head));
  return {
    held: (head) => perHead[head]!,
    step: (query) => {
      const since = range(promptLength, query + 1);
      const told = new Map<Int32Array, Int32Array>();
      const reads = perHead.map((keys) => {
        const known = told.get(keys) ?? joined(keys, since);
        told.set(keys, known);
        return known;
      });
      return Promise.resolve(reads);
    },
  };
}

/** The same list for all query heads of a KV group. */
export function keepOfGroups(
  data: Pick<LayerData, 'heads' | 'kvHeads'>,
  context: Pick<MethodContext, 'promptLength'>,
  kept: (group: number) => Int32Array,
): LayerSelector {
  const perGroup = Array.from({ length: data.kvHeads }, (_, group) => kept(group));
  return keepOfPrompt(data, context, (head) => perGroup[groupOf(data, head)]!);
}
