/** What a forward costs in operations, whole or from a layer on: what a sweep can save at most. */
import type { ForwardModel } from '../forward/forward.ts';

export interface ForwardWork {
  /** A run from its tokens on, with the unembedding of the rows that are read. */
  readonly full: number;
  /** The same after a change of z in a layer, which takes everything before from another run. */
  readonly from: (layer: number) => number;
  /** Attention of one layer. */
  readonly attention: (layer: number) => number;
}

/**
 * Multiplications and additions, two for each number of a matrix and row: the matrices of all layers, the products of
 * queries with the keys that they see and of weights with values, the unembedding. After a change of z in layer l there
 * are left its output projection and MLP, all of the layers after it, and the unembedding; its own queries, keys, values
 * and attention are there already. Norms, softmax and activations are not counted. `readRows`: whose logits are made.
 */
export function forwardWork(
  { architecture, sessions }: ForwardModel,
  tokens: number,
  readRows: number = tokens,
): ForwardWork {
  const { layers, heads, kvHeads, headDim, dModel, vocabSize, slidingWindow } = architecture;
  const layer = tokens * sessions.layerWork();
  const inputs = tokens * 2 * dModel * (heads + 2 * kvHeads) * headDim;
  const unembedding = readRows * 2 * dModel * vocabSize;
  const attention = slidingWindow.map((window) => 4 * heads * headDim * visibleCells(tokens, window));
  const attentionFrom = (start: number) => attention.slice(start).reduce((sum, work) => sum + work, 0);
  return {
    full: layers * layer + attentionFrom(0) + unembedding,
    from: (start) => (layers - start) * layer - inputs + attentionFrom(start + 1) + unembedding,
    attention: (at) => attention[at]!,
  };
}

/** Cells of a causal map whose queries see no more than the last `window` keys. */
function visibleCells(tokens: number, window: number | null): number {
  const width = Math.min(tokens, window ?? tokens);
  return (width * (width + 1)) / 2 + (tokens - width) * width;
}
