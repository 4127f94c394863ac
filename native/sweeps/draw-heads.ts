/** Random sets of heads to hold a chosen set against. */
import { createPrng, type Prng } from '../../shared/base/prng.ts';
import type { HeadId } from '../../shared/model/head-id.ts';

export interface DrawRequest {
  readonly layers: number;
  readonly heads: number;
  /** The chosen set, each head once. */
  readonly set: readonly HeadId[];
  readonly draws: number;
  /** With as many heads in each layer as the set has there. */
  readonly matched: boolean;
  readonly seed: number;
  /** Of several requests with one seed, each its own. */
  readonly stream?: number;
  /** Heads that are not drawn, in layers (or models) with enough others. */
  readonly apart?: readonly HeadId[];
}

/** Where a model is small, sets that were drawn already come again: this often another one is tried. */
const TRIES = 64;

/**
 * Each set in the order of layers and heads; more draws leave the first ones as they are. None equals the set, and no
 * two are equal, as far as there are enough sets.
 */
export async function drawHeadSets(request: DrawRequest, breathe: () => Promise<void>): Promise<HeadId[][]> {
  const { heads, set, draws, seed, stream = 0 } = request;
  const indexOf = ({ layer, head }: HeadId): number => layer * heads + head;
  const keyOf = (indices: readonly number[]): string => [...indices].sort((a, b) => a - b).join();
  const own = keyOf(set.map(indexOf));
  const seen = new Set<string>();
  const fault = (indices: readonly number[]): number => {
    const key = keyOf(indices);
    return key === own ? 2 : seen.has(key) ? 1 : 0;
  };
  const sets: HeadId[][] = [];
  for (let draw = 0; draw < draws; draw++) {
    const prng = createPrng(seed, stream, draw);
    let drawn = drawOne(request, prng);
    for (let tries = 1; tries < TRIES && fault(drawn) > 0; tries++) {
      const other = drawOne(request, prng);
      if (fault(other) < fault(drawn)) drawn = other;
      await breathe();
    }
    seen.add(keyOf(drawn));
    const ordered = drawn.sort((a, b) => a - b);
    sets.push(ordered.map((index) => ({ layer: Math.floor(index / heads), head: index % heads })));
    await breathe();
  }
  return sets;
}

function drawOne({ layers, heads, set, matched, apart = [] }: DrawRequest, prng: Prng): number[] {
  const left = new Set(apart.map(({ layer, head }) => layer * heads + head));
  const pick = (from: number, count: number, wanted: number): number[] => {
    const all = Array.from({ length: count }, (_, i) => from + i);
    const others = all.filter((index) => !left.has(index));
    return prng.shuffle(others.length >= wanted ? others : all).slice(0, wanted);
  };
  if (!matched) return pick(0, layers * heads, set.length);
  return Array.from({ length: layers }, (_, layer) =>
    pick(layer * heads, heads, set.filter((head) => head.layer === layer).length),
  ).flat();
}
