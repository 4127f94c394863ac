import { formatGroup, formatHead, groupOf, type HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { rankOf } from './rank-of.ts';

interface HeadSummaryProps {
  readonly head: HeadId;
  readonly model: ModelInfo;
  readonly scores: readonly ScoreTable[];
  readonly ablated: boolean;
  readonly onAblate: () => void;
}

function kvTitle({ heads, kvHeads }: ModelInfo): string {
  return heads === kvHeads
    ? 'Key-value head: every query head has its own'
    : `Key-value group: ${heads / kvHeads} query heads share these keys and values`;
}

/** One head in numbers: every score with its rank among all heads. */
export function HeadSummary({ head, model, scores, ablated, onAblate }: HeadSummaryProps) {
  const at = head.layer * model.heads + head.head;
  const group = formatGroup(head.layer, groupOf(head.head, model.heads, model.kvHeads));
  const slidingWindow = model.slidingWindow[head.layer] ?? undefined;
  return (
    <section className="hs-head-summary" aria-label={`Head ${formatHead(head)}`}>
      <div className="hs-section-header">
        <h2 className="hs-section-header__title">{formatHead(head)}</h2>
        <div className="hs-section-header__side">
          <span title={kvTitle(model)}>{group}</span>
          {slidingWindow !== undefined && ` · window ${slidingWindow}`}
          <Button small onClick={onAblate} title="Zero this head’s output before the output projection (A)">
            {ablated ? 'Restore' : 'Ablate'}
          </Button>
        </div>
      </div>
      <table className="hs-table">
        <thead>
          <tr>
            <th scope="col">score</th>
            <th scope="col" className="hs-number">
              value
            </th>
            <th scope="col" className="hs-number">
              rank
            </th>
            <th scope="col">unit</th>
          </tr>
        </thead>
        <tbody>
          {scores.map(({ info, values, notApplicable }) => (
            <tr key={info.id} title={`${info.definition} Source: ${info.source}`}>
              <th scope="row">
                {info.name} {info.badge !== 'exact' && <Badge badge={info.badge} />}
              </th>
              {values ? (
                <>
                  <td className="hs-number">{formatNumber(values[at] ?? NaN)}</td>
                  <td className="hs-number hs-dim">{rankOf(values, at)}</td>
                  <td className="hs-dim">{info.unit}</td>
                </>
              ) : (
                <td colSpan={3} className="hs-dim hs-table__reason">
                  {notApplicable}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
