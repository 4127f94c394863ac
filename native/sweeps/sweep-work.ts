import type { SweepWork } from '../../shared/model/effect.ts';
import { forwardWork } from './forward-work.ts';
import type { SweepContext } from './sweep-context.ts';

/**
 * Of forwards that began in these layers. `beside`: layers of forwards that only the sweep makes. The bound is that of
 * `forwardWork`, with the unembedding of all rows in every forward.
 */
export function sweepWork(
  { model, capture }: Pick<SweepContext, 'model' | 'capture'>,
  firstLayers: readonly number[],
  milliseconds: number,
  beside: readonly number[] = [],
): SweepWork {
  const { full, from } = forwardWork(model, capture.tokens);
  const { layers } = model.architecture;
  const own = [...firstLayers, ...beside].reduce((sum, layer) => sum + (layer < layers ? from(layer) : 0), 0);
  return {
    forwards: firstLayers.length,
    milliseconds,
    flopBound: own === 0 ? 1 : (firstLayers.length * full) / own,
  };
}
