/** Heads that go with a head: by what they look like, and by how their weights compose. Pure. */
import type { HeadDescriptors } from '../../shared/model/descriptors.ts';
import type { HeadId } from '../../shared/model/head-id.ts';

export interface LinkedHead extends HeadId {
  readonly value: number;
}

export interface Likeness {
  /** Nearest first, with their distances. */
  readonly nearest: readonly LinkedHead[];
  readonly cluster: number;
  /** Of the heads in its cluster, with itself. */
  readonly clusterSize: number;
}

export function likenessOf(descriptors: HeadDescriptors, { layer, head }: HeadId, heads: number): Likeness {
  const { nearest, distances, clusters } = descriptors;
  const at = layer * heads + head;
  const count = nearest.length / clusters.length;
  const cluster = clusters[at]!;
  return {
    nearest: Array.from(nearest.subarray(at * count, (at + 1) * count), (other, place) => ({
      ...headAt(other, heads),
      value: distances[at * count + place]!,
    })),
    cluster,
    clusterSize: clusters.filter((one) => one === cluster).length,
  };
}

export interface Composed {
  /** Earlier heads whose output it reads, strongest first. */
  readonly reads: readonly LinkedHead[];
  /** Later heads that read its output, strongest first. */
  readonly writes: readonly LinkedHead[];
}

/** `values`: [layers x heads], NaN where neither comes first. */
export function composedWith(values: Float64Array, { layer }: HeadId, heads: number, most: number): Composed {
  const all = Array.from(values, (value, at) => ({ ...headAt(at, heads), value }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => b.value - a.value);
  return {
    reads: all.filter((other) => other.layer < layer).slice(0, most),
    writes: all.filter((other) => other.layer > layer).slice(0, most),
  };
}

function headAt(at: number, heads: number): HeadId {
  return { layer: Math.floor(at / heads), head: at % heads };
}
