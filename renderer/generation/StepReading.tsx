import type { GeneratedToken } from '../../shared/model/generation.ts';
import { formatCount, formatProbability } from '../../shared/view/format.ts';
import type { LineKind } from '../state/generation-state.ts';
import { StepTable } from './StepTable.tsx';
import { LINE_NAMES } from './words.ts';

export interface ReadStep {
  readonly kind: LineKind;
  readonly token: GeneratedToken;
}

interface StepReadingProps {
  /** Zero-based. */
  readonly step: number;
  /** The lines that have this step behind the same tokens: one, or both up to where they part. */
  readonly lines: readonly ReadStep[];
}

/** What was likeliest at a step, and which token was taken. */
export function StepReading({ step, lines }: StepReadingProps) {
  const [first] = lines;
  const isCompared = lines.length > 1;
  return (
    <section className="hs-step" aria-label="Candidates at this step">
      <p className="hs-step__head">
        <span className="hs-dim">step</span> {formatCount(step + 1)}
        {!isCompared && first && (
          <span className="hs-dim">
            {' '}
            · id {first.token.id} · p = {formatProbability(first.token.prob)}
          </span>
        )}
      </p>
      <StepTable
        lines={lines.map(({ kind, token }) => ({
          id: kind,
          name: isCompared ? LINE_NAMES[kind] : 'p',
          isChanged: kind === 'changed',
          token,
        }))}
      />
    </section>
  );
}
