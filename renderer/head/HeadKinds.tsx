import { HEAD_KIND_RULES, type HeadKindLabel, type KindEvidence } from '../../shared/model/head-kinds.ts';
import { formatNumber } from '../../shared/view/format.ts';

interface HeadKindsProps {
  readonly labels: readonly HeadKindLabel[];
  /** Name of a score by its id. */
  readonly nameOf: (score: string) => string;
}

const SIDES: Readonly<Record<KindEvidence['side'], string>> = { over: '>', 'at-least': '≥', under: '<' };

/** What the head is called, and the numbers that say so. */
export function HeadKinds({ labels, nameOf }: HeadKindsProps) {
  if (labels.length === 0) {
    return (
      <p className="hs-dim">
        None of the scores that were computed is over the threshold of a kind. Scores on demand and probe sets may say
        more.
      </p>
    );
  }
  return (
    <ul className="hs-kinds">
      {labels.map(({ kind, evidence }) => {
        const { name, meaning, source } = HEAD_KIND_RULES[kind];
        return (
          <li key={kind}>
            <b title={`${meaning} Threshold: ${source}.`}>{name}</b>
            <span>{evidence.map((one) => evidenceText(one, nameOf)).join('; ')}</span>
          </li>
        );
      })}
    </ul>
  );
}

function evidenceText({ score, value, side, threshold, floor }: KindEvidence, nameOf: (id: string) => string): string {
  const uniform = floor === null ? '' : `, uniform ${formatNumber(floor)}`;
  return `${nameOf(score)} ${formatNumber(value)} ${SIDES[side]} ${formatNumber(threshold)}${uniform}`;
}
