import { memo } from 'react';
import { HEAD_KIND_RULES, type HeadKindLabel } from '../../shared/model/head-kinds.ts';
import { formatNumber } from '../../shared/view/format.ts';

const SIDE_SIGNS = { over: '>', 'at-least': '≥', under: '<' } as const;

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
        <span key={label.kind} className={`hs-kind hs-kind--${label.kind}`} title={evidenceText(label)}>
          {HEAD_KIND_RULES[label.kind].name}
        </span>
      ))}
      {rest.length > 0 && (
        <span className="hs-kind" title={rest.map(evidenceText).join('\n')}>
          +{rest.length}
        </span>
      )}
    </>
  );
});

/** `Induction: induction 0.91 > 0.35` */
export function evidenceText({ kind, evidence }: HeadKindLabel): string {
  const parts = evidence.map(
    ({ score, value, side, threshold }) =>
      `${score} ${formatNumber(value)} ${SIDE_SIGNS[side]} ${formatNumber(threshold)}`,
  );
  return `${HEAD_KIND_RULES[kind].name}: ${parts.join(', ')}`;
}
