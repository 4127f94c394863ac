import { HEAD_KIND_RULES, type HeadKindLabel } from '../../shared/model/head-kinds.ts';
import { evidenceText } from '../scores/evidence-text.ts';

interface HeadKindsProps {
  readonly labels: readonly HeadKindLabel[];
  /** Name of a score by its id. */
  readonly nameOf: (score: string) => string;
}

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
            <span>{evidence.map((one) => evidenceText(one, nameOf(one.score))).join('; ')}</span>
          </li>
        );
      })}
    </ul>
  );
}
