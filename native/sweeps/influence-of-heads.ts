/** AttentionInfluence of a set of heads: one forward with the attention of all of them made uniform. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Influence } from '../../shared/model/attribution.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import { STATISTICS_ONLY } from '../capture/capture-keeper.ts';
import type { Job } from '../forward/checkpoint.ts';
import { runForward } from '../forward/forward.ts';
import { tokenNll } from '../forward/likelihoods.ts';
import type { SweepContext } from './forward-score.ts';
import { meanNll } from './mean-nll.ts';

/** `places`: at least one, all of them in the model. Throws `bad-request` for a prompt of one token, which has no loss. */
export async function influenceOfHeads(
  { model, capture, nll, gain }: SweepContext,
  places: readonly HeadId[],
  job: Job,
): Promise<Influence> {
  if (capture.tokens < 2) {
    throw new AppError('bad-request', 'The prompt has one token, which nothing predicts: there is no loss.', {
      hint: 'Run a longer prompt.',
    });
  }
  const { heads } = model.architecture;
  const byLayer = new Map<number, Uint8Array>();
  for (const { layer, head } of places) {
    const marks = byLayer.get(layer) ?? new Uint8Array(heads);
    marks[head] = 1;
    byLayer.set(layer, marks);
  }
  const uniform = (layer: number) => byLayer.get(layer) ?? null;
  const resume = { capture, fromLayer: Math.min(...byLayer.keys()) };
  const request = { ids: capture.ids, gain, uniform, resume, keeper: STATISTICS_ONLY };
  const changed = await tokenNll(model, await runForward(model, request, job), job);
  const base = meanNll(nll);
  const after = meanNll(changed);
  return {
    base,
    changed: after,
    ratio: (after - base) / base,
    nllDelta: changed.map((value, at) => value - nll[at]!),
  };
}
