import type { TokenLogits } from '../../shared/contract/methods.ts';
import type { StoredRun } from '../../shared/session/stored-run.ts';
import { notStored } from './not-stored.ts';

/**
 * Logits of some tokens after the last position: of the run's own likeliest, as they were; of those that are likely in
 * the run that it is compared with, by their probability beside that of the likeliest. Throws `not-stored` for others.
 */
export function storedLogits(
  { summary, comparison }: Pick<StoredRun, 'summary' | 'comparison'>,
  position: number,
  tokens: readonly number[],
): TokenLogits {
  if (position !== summary.ids.length - 1) throw notStored('what logits of other positions than the last are made of');
  const [likeliest] = summary.next;
  const compared = [...(comparison?.before ?? []), ...(comparison?.after ?? [])];
  const found = tokens.map((id) => {
    const own = summary.next.find((choice) => choice.id === id);
    if (own !== undefined) return own;
    const other = compared.find((choice) => choice.id === id);
    if (other === undefined || likeliest === undefined)
      throw notStored('logits of tokens that are not among the likeliest');
    return { prob: other.changed, logit: likeliest.logit + Math.log(other.changed / likeliest.prob) };
  });
  return {
    logits: Float32Array.from(found, ({ logit }) => logit),
    probabilities: Float64Array.from(found, ({ prob }) => prob),
  };
}
