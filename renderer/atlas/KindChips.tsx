import { memo } from 'react';
import { HEAD_KIND_RULES, type HeadKindLabel } from '../../shared/model/head-kinds.ts';
import { evidenceText } from '../scores/evidence-text.ts';

/** What a head does, each kind with its evidence on hover. */
export const KindChips = memo(function KindChips(props: {
  readonly labels: readonly HeadKindLabel[];
  readonly most: number;
}) {
  const { labels, most } = props;
  const shown = labels.slice(0, most);
  const rest = labels.slice(most);
  return (
    <>
      {shown.map((label) => (
        <span key={label.kind} className={`hs-kind hs-kind--${label.kind}`} title={labelText(label)}>
          {HEAD_KIND_RULES[label.kind].name}
        </span>
      ))}
      {rest.length > 0 && (
        <span className="hs-kind" title={rest.map(labelText).join('\n')}>
          +{rest.length}
        </span>
      )}
    </>
  );
});

/** `Induction: induction 0.910 > 0.350` */
function labelText({ kind, evidence }: HeadKindLabel): string {
  const parts = evidence.map((one) => evidenceText(one, one.score));
  return `${HEAD_KIND_RULES[kind].name}: ${parts.join('; ')}`;
}
