/** How much cheaper a change in the last layer is than a full run: the promise of recomputing from there only. */
import type { Capture } from '../capture/capture.ts';
import { tokenNll } from '../forward/likelihoods.ts';
import { openModel } from '../model/open-model.ts';
import { benchIds } from './bench-ids.ts';
import type { SuffixJob, SuffixMeasured } from './job.ts';
import { chooseKernel, openForward } from './open-forward.ts';
import { measureRuns } from './measure-runs.ts';
import { QUIET } from './quiet-job.ts';

/**
 * `full`: a run and the likelihoods of its tokens, unembedding included; `suffix`: the same after taking one head of the
 * last layer out; `recompute`: that without the unembedding.
 */
export async function measureSuffix({ folder, tokens, threads, addon }: SuffixJob): Promise<SuffixMeasured> {
  const model = await openModel({ folder, source: 'folder' });
  const { layers, heads, vocabSize } = model.architecture;
  const kernel = chooseKernel('best', addon);
  if ('notRun' in kernel) throw new Error(kernel.notRun);
  const forward = await openForward(model, kernel.create, { threads, addon });
  const ids = benchIds(tokens, vocabSize);
  const withoutHead = Float32Array.from({ length: heads }, (_, head) => (head === 0 ? 0 : 1));
  const fromLayer = layers - 1;
  const run = () => forward.run({ ids, gain: () => null }, QUIET);
  const clean = await run();
  const recompute = () =>
    forward.run(
      { ids, gain: (layer) => (layer === fromLayer ? withoutHead : null), resume: { capture: clean, fromLayer } },
      QUIET,
    );
  const withLikelihoods = (compute: () => Promise<Capture>) => async () => {
    await tokenNll(forward, await compute(), QUIET);
  };
  const [full, suffix, bare] = await measureRuns([
    withLikelihoods(run),
    withLikelihoods(recompute),
    async () => {
      await recompute();
    },
  ]);
  await forward.dispose();
  return { layers, full: full!, suffix: suffix!, recompute: bare! };
}
