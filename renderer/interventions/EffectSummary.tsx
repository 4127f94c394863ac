import type { Badge as BadgeName } from '../../shared/model/badge.ts';
import type { RunComparison } from '../../shared/contract/methods.ts';
import { formatSigned } from '../../shared/view/format.ts';
import { Badge } from '../components/Badge.tsx';
import { meanIgnoringNaN } from '../../shared/view/interventions/mean.ts';

interface EffectSummaryProps {
  readonly comparison: RunComparison;
  readonly badge: BadgeName;
  readonly computedFrom: number;
}

/** The effect in four numbers. Direction, unit and position set stand with each. */
export function EffectSummary({ comparison, badge, computedFrom }: EffectSummaryProps) {
  const { kl, klPerToken, nllDelta } = comparison;
  return (
    <dl className="hs-effect">
      <div title="How far the next-token distribution moved from the clean one; 0 = not at all">
        <dt>KL(clean ‖ ablated), last position</dt>
        <dd>{kl.toFixed(3)} nats</dd>
      </div>
      <div title="The same divergence, averaged over every position of the prompt">
        <dt>KL(clean ‖ ablated), mean of all</dt>
        <dd>{meanIgnoringNaN(klPerToken).toFixed(3)} nats</dd>
      </div>
      <div title="Ablated − clean, averaged over the tokens of the prompt: above 0, the prompt became less likely">
        <dt>−log p, mean change of all</dt>
        <dd>{formatSigned(meanIgnoringNaN(nllDelta), 3)} nats</dd>
      </div>
      <div title="The layers below are those of the clean run: an intervention cannot change them">
        <dt>Computed anew from layer</dt>
        <dd>
          {computedFrom} <Badge badge={badge} />
        </dd>
      </div>
    </dl>
  );
}
