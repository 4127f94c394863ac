import { useMemo } from 'react';
import { formatHead, sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { SinkReport } from '../../shared/model/sinks.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { tokenText } from '../../shared/view/map/value-words.ts';
import {
  onset,
  residualNormAt,
  restingHeads,
  sinkLayers,
  type SinkColumn,
  type SinkShape,
} from '../../shared/view/sinks/sink-readings.ts';
import { ResidualPlot } from './ResidualPlot.tsx';

interface SinkDetailProps {
  readonly report: SinkReport;
  readonly shape: SinkShape;
  readonly tokens: readonly TokenView[];
  readonly column: SinkColumn;
  readonly selected: HeadId | undefined;
  readonly onSelect: (head: HeadId) => void;
}

const COLUMNS = [
  ['heads', 'Heads of the layer that rest here'],
  ['value drain', 'Norm of the value here over the mean norm of the others’; the smallest of the layer’s KV heads'],
  ['|v| / mean', 'Norm of the value over the layer’s mean, mean over KV heads'],
  ['|k| / mean', 'Norm of the rotated key over the layer’s mean, mean over KV heads'],
  ['cos(q, k)', 'Mean cosine of the rotated queries that see this key with it, mean over heads'],
] as const;

/** One position: which heads rest there, its values, keys and residual. */
export function SinkDetail({ report, shape, tokens, column, selected, onSelect }: SinkDetailProps) {
  const resting = useMemo(() => restingHeads(report, column, shape), [report, column, shape]);
  const layers = useMemo(() => sinkLayers(report, column, shape), [report, column, shape]);
  const norms = residualNormAt(report, column, shape.layers);
  const jump = onset(norms);
  return (
    <div className="hs-sinks__detail">
      <h3 className="hs-sinks__title">
        Key {tokenText(column.position, tokens)}
        <span className="hs-dim">
          {' '}
          {resting.length} of {shape.layers * shape.heads} heads rest here, {(100 * column.rate).toFixed(1)}%
        </span>
      </h3>
      <div className="hs-sinks__heads" role="group" aria-label="Heads that rest here, strongest first">
        {resting.map((head) => (
          <button
            key={formatHead(head)}
            type="button"
            className="hs-sinks__head"
            aria-pressed={selected !== undefined && sameHead(selected, head)}
            title={`Importance of this key to ${formatHead(head)}: ${head.importance.toFixed(3)}`}
            onClick={() => onSelect(head)}
          >
            {formatHead(head)} <span className="hs-dim">{head.importance.toFixed(2)}</span>
          </button>
        ))}
      </div>
      <div className="hs-sinks__numbers">
        <table className="hs-table hs-sinks__table" aria-label="What makes it a sink, by layer">
          <thead>
            <tr>
              <th scope="col">layer</th>
              {COLUMNS.map(([name, meaning]) => (
                <th key={name} scope="col" className="hs-number" title={meaning}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map((row) => (
              <tr key={row.layer}>
                <th scope="row">L{row.layer}</th>
                <td className="hs-number">{row.resting}</td>
                {[row.valueDrain, row.valueNorm, row.keyNorm, row.cosine].map((value, at) => (
                  <td key={COLUMNS[at + 1]![0]} className="hs-number">
                    {formatNumber(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <figure className="hs-sinks__residual">
          <ResidualPlot norms={norms} means={report.meanResidualNorm} position={column.position} />
          <figcaption className="hs-dim">
            Norm of the residual by layer boundary, log scale.
            {jump && ` It grows most before boundary ${jump.layer}: ×${formatNumber(jump.factor)}.`}
          </figcaption>
        </figure>
      </div>
    </div>
  );
}
