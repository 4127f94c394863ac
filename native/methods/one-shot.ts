/** Selectors of methods that choose once, at the end of the prompt, or by position alone. */
import { joined, rangeView } from './choose.ts';
import { groupOf, type LayerData, type LayerSelector, type MethodContext } from './method.ts';

/** Later positions that a list is made longer by, at least. */
const LEAST_AHEAD = 64;

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
  // What is read at any query is the beginning of one list, which is made longer now and then.
  const told = new Map<Int32Array, Int32Array>();
  const upTo = (keys: Int32Array, query: number): Int32Array => {
    const length = keys.length + query + 1 - promptLength;
    let whole = told.get(keys);
    if (whole === undefined || whole.length < length) {
      whole = joined(keys, rangeView(promptLength, promptLength + 2 * (query + 1 - promptLength) + LEAST_AHEAD));
      told.set(keys, whole);
    }
    return whole.subarray(0, length);
  };
  return {
    held: (head) => perHead[head]!,
    step: (query) => {
      const reads = new Map(perHead.map((keys) => [keys, upTo(keys, query)]));
      return Promise.resolve(perHead.map((keys) => reads.get(keys)!));
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
