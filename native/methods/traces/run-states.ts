/** What traces of a run compute probabilities from. */
import type { LayerCapture } from '../../capture/capture.ts';
import type { MapShape } from '../../pattern/score-blocks.ts';
import type { TraceStates } from '../trace-store.ts';

/** `layersOf`: the layers of the run as it is held now; throws `unknown-run` once it is not. */
export function runStates(
  { heads, kvHeads, headDim, scale, slidingWindow }: MapShape,
  tokens: number,
  layersOf: () => readonly Pick<LayerCapture, 'q' | 'k' | 'lse'>[],
): TraceStates {
  return (layer) => {
    const { q, k, lse } = layersOf()[layer]!;
    return { heads, kvHeads, headDim, tokens, q, k, lse, scale: scale[layer]!, window: slidingWindow[layer] ?? null };
  };
}
