/** Which heads are listed and stand out: what a person narrows all heads down to. */
import { groupOf } from '../../model/head-id.ts';
import type { HeadKind } from '../../model/head-kinds.ts';

export interface HeadFilter {
  /** First and last layer; undefined: all. */
  readonly layers: readonly [first: number, last: number] | undefined;
  /** Any of them is enough; empty: whatever they do. */
  readonly kinds: readonly HeadKind[];
  /** KV group, the same in every layer; undefined: all. */
  readonly group: number | undefined;
  /** On the score that the list is ranked by. */
  readonly threshold: { readonly score: string; readonly value: number } | undefined;
  /** Heads drawn in the scatter, as layer x heads + head, ascending; undefined: not narrowed. */
  readonly brushed: readonly number[] | undefined;
}

export const NO_FILTER: HeadFilter = {
  layers: undefined,
  kinds: [],
  group: undefined,
  threshold: undefined,
  brushed: undefined,
};

export function isFiltering({ layers, kinds, group, threshold, brushed }: HeadFilter): boolean {
  return (
    layers !== undefined || kinds.length > 0 || group !== undefined || threshold !== undefined || brushed !== undefined
  );
}

export interface FilterFacts {
  readonly heads: number;
  readonly kvHeads: number;
  readonly layers: number;
  /** Kinds of each head. */
  readonly kinds: readonly (readonly HeadKind[])[];
  /** Of the score that the threshold is on; heads without a value do not reach it. Undefined: it is not there. */
  readonly values: ArrayLike<number> | undefined;
}

/** Whether each head passes, [layers x heads]. */
export function passing(filter: HeadFilter, { heads, kvHeads, layers, kinds, values }: FilterFacts): boolean[] {
  const brushed = filter.brushed && new Set(filter.brushed);
  return Array.from({ length: layers * heads }, (_, index) => {
    const layer = Math.floor(index / heads);
    if (filter.layers && (layer < filter.layers[0] || layer > filter.layers[1])) return false;
    if (filter.group !== undefined && groupOf(index % heads, heads, kvHeads) !== filter.group) return false;
    if (filter.kinds.length > 0 && !filter.kinds.some((kind) => kinds[index]?.includes(kind))) return false;
    if (filter.threshold && values && !(values[index]! >= filter.threshold.value)) return false;
    return !brushed || brushed.has(index);
  });
}
