/** AttentionInfluence of a set of heads: one forward with the attention of all of them made uniform. */
import { AppError } from '../../shared/base/app-error.ts';
import type { Influence } from '../../shared/model/attribution.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { Job } from '../forward/checkpoint.ts';
import { tokenNll } from '../forward/likelihoods.ts';
import { runChanged } from './changed-run.ts';
import { meanNll } from './mean-nll.ts';
import type { SweepContext } from './sweep-context.ts';

/** `places`: at least one, all of them in the model. Throws `bad-request` for a prompt of one token, which has no loss. */
export async function influenceOfHeads(context: SweepContext, places: readonly HeadId[], job: Job): Promise<Influence> {
  const { model, capture, nll } = context;
  if (capture.tokens < 2) {
    throw new AppError('bad-request', 'The prompt has one token, which nothing predicts: there is no loss.', {
      hint: 'Run a longer prompt.',
    });
  }
  const edits = await context.plan(
    places.map(({ layer, head }) => ({ what: 'uniform', where: { layer, head } })),
    job,
  );
  const changed = await tokenNll(model, await runChanged(context, { edits }, job), job);
  const base = meanNll(nll);
  const after = meanNll(changed);
  return {
    base,
    changed: after,
    ratio: (after - base) / base,
    nllDelta: changed.map((value, at) => value - nll[at]!),
  };
}
