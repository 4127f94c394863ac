/** Which of the earlier keys a query head may see. The causal rule and the layer's own window come on top of each. */
export type MaskSpec = SinkWindowMask | KeptKeysMask | BlockMask | RowKeysMask;

export interface SinkWindowMask {
  /** Key j is visible to query i iff j < sink or i - j < window (StreamingLLM, arXiv 2309.17453). */
  readonly kind: 'sink-window';
  /** First positions that stay visible. */
  readonly sink: number;
  /** Last positions that a query sees, itself included; at least 1. */
  readonly window: number;
}

export interface KeptKeysMask {
  /** Queries at `from` or later see, of the keys before `from`, only `keys`: what is left after an eviction. */
  readonly kind: 'kept-keys';
  readonly from: number;
  readonly keys: Int32Array;
}

export interface BlockMask {
  /** Key j is visible to query i iff kept[floor(i / size) x side + floor(j / size)] is not 0; side = ceil(tokens / size). */
  readonly kind: 'blocks';
  readonly size: number;
  readonly kept: Uint8Array;
}

export interface RowKeysMask {
  /** Row r (of the queries) sees keys[offsets[r]] .. keys[offsets[r + 1] - 1] and no others. */
  readonly kind: 'row-keys';
  /** [rows + 1], ascending from 0. */
  readonly offsets: Int32Array;
  readonly keys: Int32Array;
}

/** Sees every key: what a head without a mask becomes beside heads with one. */
export const NO_MASK: SinkWindowMask = { kind: 'sink-window', sink: 0, window: 2 ** 30 };

/** 1 for each key in [0, position] that the mask leaves to the query at `position`, which is row `row` of the queries. */
export function visibleUnder(mask: MaskSpec, tokens: number, position: number, row: number): Uint8Array {
  const visible = new Uint8Array(position + 1);
  switch (mask.kind) {
    case 'sink-window':
      return visible.fill(1, 0, mask.sink).fill(1, Math.max(0, position - mask.window + 1));
    case 'kept-keys':
      if (position < mask.from) return visible.fill(1);
      for (const key of mask.keys) if (key < mask.from) visible[key] = 1;
      return visible.fill(1, mask.from);
    case 'blocks': {
      const side = Math.ceil(tokens / mask.size);
      const first = Math.floor(position / mask.size) * side;
      return visible.map((_, key) => (mask.kept[first + Math.floor(key / mask.size)] === 0 ? 0 : 1));
    }
    case 'row-keys':
      for (const key of mask.keys.subarray(mask.offsets[row], mask.offsets[row + 1])) {
        if (key <= position) visible[key] = 1;
      }
      return visible;
  }
}
