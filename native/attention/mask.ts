/** Which of the earlier keys a query head may see. */
export interface SinkWindowMask {
  /** Key j is visible to query i iff j < sink or i - j < window (StreamingLLM, arXiv 2309.17453). */
  readonly kind: 'sink-window';
  /** First positions that stay visible. */
  readonly sink: number;
  /** Last positions that a query sees, itself included; at least 1. */
  readonly window: number;
}

export type MaskSpec = SinkWindowMask;

/** Sees every key: what a head without a mask becomes beside heads with one. */
export const NO_MASK: MaskSpec = { kind: 'sink-window', sink: 0, window: 2 ** 30 };
