import type { Badge as BadgeName } from '../../shared/model/badge.ts';
import type { RunComparison } from '../../shared/contract/methods.ts';
import { formatSigned } from '../base/format.ts';
import { Badge } from '../components/Badge.tsx';
import { meanIgnoringNaN } from './mean.ts';

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
      <div>
        <dt>KL(clean ‖ ablated), last position</dt>
        <dd>{kl.toFixed(3)} nats</dd>
      </div>
      <div>
        <dt>KL(clean ‖ ablated), mean of all</dt>
        <dd>{meanIgnoringNaN(klPerToken).toFixed(3)} nats</dd>
      </div>
      <div>
        <dt>−log p, mean change of all tokens</dt>
        <dd>{formatSigned(meanIgnoringNaN(nllDelta), 3)} nats</dd>
      </div>
      <div>
        <dt>computed anew from</dt>
        <dd>
          L{computedFrom} <Badge badge={badge} />
        </dd>
      </div>
    </dl>
  );
}
