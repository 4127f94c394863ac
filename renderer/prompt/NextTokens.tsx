import type { Intervention } from '../../shared/model/intervention.ts';
import { formatPlace } from '../../shared/model/place.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { formatProbability } from '../../shared/view/format.ts';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { comparisonKey, summaryKey } from '../engine/data-keys.ts';
import { cleanRows, comparedRows } from '../../shared/view/prompt/next-rows.ts';

/** Candidates for the token after the last one; with interventions, before and after side by side. */
export function NextTokens() {
  const clean = useAppState(({ run }) => run.clean);
  const changed = useAppState(({ run }) => run.changed);
  const interventions = useAppState(({ edit }) => edit.interventions);
  const stale = useAppState(({ run }) => run.stale || run.job !== undefined);
  const summary = useData(clean && summaryKey(clean.key));
  const comparison = useKeptData(
    clean && changed ? comparisonKey(clean.key, changed.key) : undefined,
    clean?.key ?? '',
  );

  const compared = interventions.length > 0 ? comparison.value : undefined;
  const rows = compared ? comparedRows(compared) : summary?.status === 'ready' ? cleanRows(summary.value.next) : [];

  return (
    <section className="hs-next" aria-label="Next token">
      <SectionHeader title="Next token">
        <span className="hs-ellipsis">{compared ? `clean → ${describe(interventions)}` : 'probability, top 10'}</span>
      </SectionHeader>
      <div
        className={classNames('hs-next__table', (stale || comparison.stale) && 'hs-stale')}
        role="region"
        aria-label="Candidates for the next token"
        tabIndex={0}
      >
        {compared && (
          <p className="hs-next__kl hs-small">
            KL(clean ‖ ablated) <strong>{compared.kl.toFixed(3)}</strong> nats, last position
          </p>
        )}
        {rows.length === 0 && <p className="hs-dim">What the model expects next appears here once a prompt has run.</p>}
        <table hidden={rows.length === 0}>
          <thead>
            <tr>
              <th scope="col">token</th>
              <th scope="col" className="hs-number">
                {compared ? 'clean' : 'p'}
              </th>
              <th scope="col" className="hs-next__bars-head">
                <span className="hs-visually-hidden">bars</span>
              </th>
              {compared && (
                <th scope="col" className="hs-number">
                  ablated
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td className="hs-mono hs-next__token" title={`id ${row.id}`}>
                  {row.display}
                </td>
                <td className="hs-number">{formatProbability(row.clean)}</td>
                <td className="hs-next__bars" aria-hidden="true">
                  <span className="hs-next__bar" style={{ width: `${100 * row.clean}%` }} />
                  {row.changed !== undefined && (
                    <span className="hs-next__bar hs-next__bar--changed" style={{ width: `${100 * row.changed}%` }} />
                  )}
                </td>
                {row.changed !== undefined && <td className="hs-number">{formatProbability(row.changed)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** `L2H5 ablated`, `L2H5, L3H1 ablated`, `5 heads ablated`. */
function describe(interventions: readonly Intervention[]): string {
  if (interventions.length > 2) return `${interventions.length} interventions`;
  return `${interventions.map(({ where }) => formatPlace(where)).join(', ')} ablated`;
}
