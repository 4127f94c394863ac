import type { GeneratedToken } from '../../shared/model/generation.ts';
import { formatProbability } from '../../shared/view/format.ts';
import { stepRows, type StepProbability } from '../../shared/view/generation/step-rows.ts';
import { classNames } from '../base/class-names.ts';

export interface StepLine {
  readonly id: string;
  /** Heads its column. */
  readonly name: string;
  /** Drawn as what was changed, beside what was not. */
  readonly isChanged: boolean;
  readonly token: GeneratedToken;
}

/** Candidates of a step with their probability in each line. Stands in an `hs-step`. */
export function StepTable({ lines }: { readonly lines: readonly StepLine[] }) {
  const rows = stepRows(lines.map(({ token }) => token));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">token</th>
          {lines.map(({ id, name }) => (
            <th key={id} scope="col" className="hs-number" title="Under the model, at temperature 1">
              {name}
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
              <td key={lines[line]!.id} className={classNames('hs-number', taken[line] && 'hs-step__chosen')}>
                {format(probability)}
                {taken[line] && <span className="hs-visually-hidden"> taken</span>}
              </td>
            ))}
            <td className="hs-step__bars" aria-hidden="true">
              {probs.map(({ p, isBound }, line) => (
                <span
                  key={lines[line]!.id}
                  className={classNames(
                    'hs-next__bar',
                    lines[line]!.isChanged && 'hs-next__bar--changed',
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
  );
}

/** `0.940`, or `≤ 0.004` for a token that is not on the list of the likeliest. */
function format({ p, isBound }: StepProbability): string {
  return isBound ? `≤ ${formatProbability(p)}` : formatProbability(p);
}
