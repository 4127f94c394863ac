/** Scores that read one headDim x headDim core a head. */
import { Checkpoint, type Job } from '../forward/checkpoint.ts';
import { breather } from '../forward/breathe.ts';
import type { Circuits } from './circuits.ts';
import type { Pause } from './matrix-products.ts';

/** The cores of a layer, [heads, headDim, headDim], and what tells the value of one. */
export interface LayerCores {
  readonly cores: Float64Array;
  readonly valueOf: (core: Float64Array, head: number) => number | Promise<number>;
}

/** [layers x heads]. `name` as it is told: `OV copying`. */
export async function scoreCores(
  circuits: Circuits,
  name: string,
  job: Job,
  ofLayer: (layer: number, pause: Pause, breathe: Pause) => Promise<LayerCores>,
): Promise<Float64Array> {
  const { layers, heads, headDim } = circuits.architecture;
  const checkpoint = new Checkpoint(job, layers * heads);
  const breathe = breather(job);
  const values = new Float64Array(layers * heads);
  for (let layer = 0; layer < layers; layer++) {
    checkpoint.phase = `${name}, layer ${layer + 1} of ${layers}`;
    const { cores, valueOf } = await ofLayer(layer, () => checkpoint.pass(0), breathe);
    for (let head = 0; head < heads; head++) {
      const core = cores.subarray(head * headDim ** 2, (head + 1) * headDim ** 2);
      values[layer * heads + head] = await valueOf(core, head);
      await breathe();
    }
    await checkpoint.pass(heads);
  }
  return values;
}
