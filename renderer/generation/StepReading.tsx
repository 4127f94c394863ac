import type { GeneratedToken } from '../../shared/model/generation.ts';
import { classNames } from '../base/class-names.ts';
import { formatCount, formatProbability } from '../../shared/view/format.ts';
import type { LineKind } from '../state/generation-state.ts';
import { stepRows, type StepProbability } from '../../shared/view/generation/step-rows.ts';
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
  const rows = stepRows(lines.map(({ token }) => token));
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
      <table>
        <thead>
          <tr>
            <th scope="col">token</th>
            {lines.map(({ kind }) => (
              <th key={kind} scope="col" className="hs-number" title="Under the model, at temperature 1">
                {isCompared ? LINE_NAMES[kind] : 'p'}
              </th>
            ))}
            <th scope="col" className="hs-step__bars">
              <span className="hs-visually-hidden">bars</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, display, probs, taken }) => (
            <tr key={id} className={classNames(taken.includes(true) && 'hs-step__taken')}>
              <th scope="row" className="hs-mono hs-step__token" title={`id ${id}`}>
                {display}
              </th>
              {probs.map((probability, line) => (
                <td key={lines[line]!.kind} className={classNames('hs-number', taken[line] && 'hs-step__chosen')}>
                  {format(probability)}
                  {taken[line] && <span className="hs-visually-hidden"> taken</span>}
                </td>
              ))}
              <td className="hs-step__bars" aria-hidden="true">
                {probs.map(({ p, isBound }, line) => (
                  <span
                    key={lines[line]!.kind}
                    className={classNames(
                      'hs-next__bar',
                      lines[line]!.kind === 'changed' && 'hs-next__bar--changed',
                      isBound && 'hs-step__unknown',
                    )}
                    style={{ width: `${100 * p}%` }}
                  />
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** `0.940`, or `≤ 0.004` for a token that is not on the list of the likeliest. */
function format({ p, isBound }: StepProbability): string {
  return isBound ? `≤ ${formatProbability(p)}` : formatProbability(p);
}
