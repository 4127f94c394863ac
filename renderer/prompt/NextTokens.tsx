import { useMemo } from 'react';
import type { Intervention } from '../../shared/model/intervention.ts';
import { formatPlace } from '../../shared/model/place.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { formatProbability } from '../../shared/view/format.ts';
import { formatDivergence } from '../interventions/effect-numbers.ts';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { comparisonKey, summaryKey } from '../engine/data-keys.ts';
import { comparedScenario, currentScenario } from '../state/scenarios.ts';
import { cleanRows, comparedRows } from '../../shared/view/prompt/next-rows.ts';
import { scenarioRows } from './scenario-rows.ts';

/** A run as a column of the table. */
interface Column {
  readonly heading: string;
  readonly title: string | undefined;
  readonly look: 'clean' | 'changed' | 'other';
}

interface Row {
  readonly id: number;
  readonly display: string;
  /** One a column. */
  readonly probabilities: readonly number[];
}

/** Candidates for the token after the last one; with interventions before and after, with two scenarios both. */
export function NextTokens() {
  const edit = useAppState((state) => state.edit);
  const stale = useAppState(({ run }) => run.stale || (run.job !== undefined && run.job.kind !== 'other'));
  const clean = useAppState(({ run }) => run.clean);
  const changed = useAppState(({ run }) => run.changed);
  const other = useAppState(({ run }) => run.other);
  const scope = clean?.key ?? '';
  const summary = useData(clean && summaryKey(clean.key));
  const ofA = useKeptData(clean && changed && comparisonKey(clean.key, changed.key), scope);
  const ofB = useKeptData(clean && other && comparisonKey(clean.key, other.key), scope);
  const between = useKeptData(changed && other && comparisonKey(changed.key, other.key), scope);

  const inForce = useMemo(() => interventionsInForce(edit.interventions), [edit.interventions]);
  const compared = comparedScenario(edit);
  const next = summary?.status === 'ready' ? summary.value.next : undefined;
  const { columns, rows, kl } = useMemo((): { columns: readonly Column[]; rows: readonly Row[]; kl: string } => {
    const a = inForce.length > 0 ? ofA.value : undefined;
    const cleanColumn = { heading: 'clean', title: undefined, look: 'clean' } as const;
    if (a && compared && ofB.value && between.value) {
      return {
        columns: [
          cleanColumn,
          { heading: 'A', title: currentScenario(edit)?.name, look: 'changed' },
          { heading: 'B', title: compared.name, look: 'other' },
        ],
        rows: scenarioRows(a, ofB.value, between.value).map((row) => ({
          ...row,
          probabilities: [row.clean, row.a, row.b],
        })),
        kl: `KL(clean ‖ A) ${formatDivergence(a.kl)}, KL(clean ‖ B) ${formatDivergence(ofB.value.kl)}, KL(A ‖ B) ${formatDivergence(between.value.kl)}`,
      };
    }
    if (a) {
      return {
        columns: [cleanColumn, { heading: 'ablated', title: undefined, look: 'changed' }],
        rows: comparedRows(a).map((row) => ({ ...row, probabilities: [row.clean, row.changed ?? NaN] })),
        kl: `KL(clean ‖ ablated) ${formatDivergence(a.kl)}`,
      };
    }
    return {
      columns: [{ ...cleanColumn, heading: 'p' }],
      rows: cleanRows(next ?? []).map((row) => ({ ...row, probabilities: [row.clean] })),
      kl: '',
    };
  }, [edit, inForce, compared, ofA.value, ofB.value, between.value, next]);

  const isCompared = columns.length > 1;
  // What is kept of a run that is no longer there says nothing about what is on screen.
  const isOld = stale || (isCompared && ofA.stale) || (columns.length > 2 && (ofB.stale || between.stale));
  return (
    <section className="hs-next" aria-label="Next token">
      <SectionHeader title="Next token">
        <span className="hs-ellipsis">
          {columns.length > 2 ? 'clean, A and B' : isCompared ? `clean → ${describe(inForce)}` : 'probability, top 10'}
        </span>
      </SectionHeader>
      <div
        className={classNames('hs-next__table', isOld && 'hs-stale')}
        role="region"
        aria-label="Candidates for the next token"
        tabIndex={0}
      >
        {isCompared && (
          <p className="hs-next__kl hs-small">
            <strong>{kl}</strong> nats, last position
          </p>
        )}
        {rows.length === 0 && <p className="hs-dim">What the model expects next appears here once a prompt has run.</p>}
        <table hidden={rows.length === 0}>
          <thead>
            <tr>
              <th scope="col">token</th>
              <ColumnHead column={columns[0]!} />
              <th scope="col" className="hs-next__bars-head">
                <span className="hs-visually-hidden">bars</span>
              </th>
              {columns.slice(1).map((column) => (
                <ColumnHead key={column.look} column={column} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, display, probabilities }) => (
              <tr key={id}>
                <td className="hs-mono hs-next__token" title={`id ${id}`}>
                  {display}
                </td>
                <td className="hs-number">{formatProbability(probabilities[0]!)}</td>
                <td className="hs-next__bars" aria-hidden="true">
                  {columns.map(({ look }, at) => (
                    <span
                      key={look}
                      className={classNames('hs-next__bar', look !== 'clean' && `hs-next__bar--${look}`)}
                      style={{ width: `${100 * probabilities[at]!}%` }}
                    />
                  ))}
                </td>
                {probabilities.slice(1).map((probability, at) => (
                  <td key={columns[at + 1]!.look} className="hs-number">
                    {formatProbability(probability)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ColumnHead({ column: { heading, title } }: { readonly column: Column }) {
  return (
    <th scope="col" className="hs-number" title={title}>
      {heading}
    </th>
  );
}

/** `L2H5 ablated`, `L2H5, L3H1 ablated`, `5 interventions`. */
function describe(interventions: readonly Intervention[]): string {
  if (interventions.length > 2) return `${interventions.length} interventions`;
  return `${interventions.map(({ where }) => formatPlace(where)).join(', ')} ablated`;
}
