import { mean } from 'd3';
import { useEffect, useMemo } from 'react';
import type { LabRecord } from '../../shared/model/lab.ts';
import { rowBudget } from '../../shared/view/lab/row-budget.ts';
import { choiceName } from '../../shared/view/lab/series.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { overlapKey } from './lab-keys.ts';

/** Pairs grow with the square. */
const MOST = 8;

/** How far methods read the same keys: of each method the row whose budget is that of the chosen one, or its nearest. */
export function OverlapMatrix({ record }: { readonly record: LabRecord }) {
  const { session } = useApp();
  const chosen = useAppState(({ lab }) => lab.row);
  const isLive = useAppState(({ model, lab }) => model.live && lab.job === undefined);
  const rows = useMemo(() => comparable(record, chosen), [record, chosen]);
  const traces = rows.map(({ trace }) => trace).join(' ');
  useEffect(() => {
    if (isLive) void session.lab.loadOverlap(traces.split(' ').filter(Boolean));
  }, [session, traces, isLive]);
  if (rows.length < 2) return null;
  return (
    <section className="hs-lab__overlap" aria-label="Overlap of kept keys">
      <h4>Overlap between methods</h4>
      <p className="hs-dim hs-small">
        Keys that both read over keys that either reads, mean over queries, layers and heads; budgets nearest to that of
        the chosen row{rows.length === MOST ? `, first ${MOST} methods` : ''}.
      </p>
      <div className="hs-lab__scroll" role="region" aria-label="Overlap by pairs" tabIndex={0}>
        <table className="hs-lab__plain" aria-label="Overlap, share of keys">
          <tbody>
            {/* Each pair once. */}
            {rows.slice(1).map(({ name, trace }, at) => (
              <tr key={trace}>
                <th scope="row">{name}</th>
                {rows.slice(0, at + 1).map((other) => (
                  <OverlapCell key={other.trace} one={trace} other={other.trace} />
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td />
              {rows.slice(0, -1).map(({ name, trace, short }) => (
                <th key={trace} scope="col" title={name}>
                  {short}
                </th>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
    </section>
  );
}

function OverlapCell({ one, other }: { readonly one: string; readonly other: string }) {
  const entry = useData(overlapKey(one, other));
  if (entry?.status === 'failed') {
    return (
      <td className="hs-number hs-dim" title={entry.error.message}>
        –
      </td>
    );
  }
  if (entry?.status !== 'ready') return <td className="hs-number hs-dim">…</td>;
  const value = mean(entry.value) ?? NaN;
  return (
    <td className="hs-number" style={{ '--share': `${Math.round(60 * value)}%` } as React.CSSProperties}>
      {value.toFixed(2)}
    </td>
  );
}

interface Comparable {
  readonly trace: string;
  readonly name: string;
  readonly short: string;
}

/** One row a method: that on as many rows as the chosen one whose keys are nearest to it. */
function comparable({ rows }: LabRecord, chosen: number): readonly Comparable[] {
  const reference = rows[chosen]?.result ?? rows.find(({ result }) => result?.trace)?.result;
  if (!reference) return [];
  const best = new Map<string, { away: number; row: number }>();
  for (const [row, { choice, info, result }] of rows.entries()) {
    if (!result?.trace || result.phase !== reference.phase || choice.method === 'dense') continue;
    const name = choiceName(choice, info);
    const away = row === chosen ? -1 : Math.abs(Math.log(result.read / reference.read));
    if (away < (best.get(name)?.away ?? Infinity)) best.set(name, { away, row });
  }
  return [...best].slice(0, MOST).map(([name, { row }]) => {
    const found = rows[row]!;
    return { trace: found.result!.trace!, name: `${name} ${rowBudget(found).asked}`, short: name };
  });
}
