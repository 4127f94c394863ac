/**
 * Path patching (Wang et al. 2022, arXiv 2211.00593, appendix B). What the sender's output of the other run gives to
 * later heads is found with every head kept at its own z; the queries, keys or values that one head gets that way are
 * then put into the run, of which all that follows is computed anew.
 */
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { Job } from '../forward/checkpoint.ts';
import { forwardWork } from '../sweeps/forward-work.ts';
import type { Trial } from '../sweeps/sweep-places.ts';
import { attend, quietly } from './attend.ts';
import type { DirectPath } from './direct-path.ts';
import { forwardWithHead } from './patch-forward.ts';
import type { PatchPair } from './patch-pair.ts';

export const PATH_INPUTS = ['q', 'k', 'v'] as const;
export type PathInput = (typeof PATH_INPUTS)[number];

type Receiver = Pick<PatchPair, 'model' | 'receiver'>;

/** One for the queries, keys and values of each head after the sender's layer, by layer, input and head; then the logits. */
export function pathTrials(pair: Receiver, sender: HeadId, direct: DirectPath): Trial[] {
  const { model, receiver } = pair;
  const { layers, heads } = model.architecture;
  const trials: Trial[] = [];
  for (let layer = sender.layer + 1; layer < layers; layer++) {
    for (const input of PATH_INPUTS) {
      let made: Promise<Float32Array> | undefined;
      const make = async (job: Job): Promise<Float32Array> => {
        const { q, k, v } = receiver.layers[layer]!;
        const reached = await direct(layer, job);
        return attend(model, layer, { q, k, v, [input]: reached[input] }, job);
      };
      for (let head = 0; head < heads; head++) {
        trials.push({
          name: `${INPUT_NAMES[input]} of ${formatHead({ layer, head })}`,
          firstLayer: layer,
          run: async (job) => forwardWithHead(pair, layer, head, await (made ??= make(quietly(job))), job),
        });
      }
    }
  }
  const straight: Trial = {
    name: 'Logits',
    firstLayer: layers - 1,
    run: async (job) => {
      const { resid } = await direct(layers, quietly(job));
      return { ...receiver, resid: Object.assign([], { [layers]: resid }) };
    },
  };
  return [...trials, straight];
}

const INPUT_NAMES: Readonly<Record<PathInput, string>> = { q: 'Queries', k: 'Keys', v: 'Values' };

/** Of what the trials found: the logit difference of each receiver, [layers x heads] with NaN up to the sender's layer. */
export function pathValues(
  { architecture: { layers, heads } }: PatchPair['model'],
  sender: HeadId,
  results: readonly number[],
): { readonly logits: number } & Readonly<Record<PathInput, Float64Array>> {
  const of = (input: PathInput): Float64Array => {
    const values = new Float64Array(layers * heads).fill(NaN);
    for (let layer = sender.layer + 1; layer < layers; layer++) {
      const rows = (layer - sender.layer - 1) * PATH_INPUTS.length + PATH_INPUTS.indexOf(input);
      values.set(results.slice(rows * heads, (rows + 1) * heads), layer * heads);
    }
    return values;
  };
  return { logits: results.at(-1)!, q: of('q'), k: of('k'), v: of('v') };
}

/** Operations of as many full forwards over those of all receivers, their attention and the direct path included. */
export function pathBound({ model, receiver }: Receiver, sender: HeadId): number {
  const { layers, heads } = model.architecture;
  const { full, from, attention } = forwardWork(model, receiver.tokens, 1);
  let count = 1;
  let work = from(sender.layer);
  for (let layer = sender.layer + 1; layer < layers; layer++) {
    count += PATH_INPUTS.length * heads;
    // The direct path leaves the attention of later layers out; each input takes one pass of it.
    work += PATH_INPUTS.length * (heads * from(layer) + attention(layer)) - attention(layer);
  }
  return (count * full) / work;
}
