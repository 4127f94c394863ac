import type { MassiveActivation, SinkReport } from '../../shared/model/sinks.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { tokenText } from '../../shared/view/map/value-words.ts';
import type { SinkShape } from '../../shared/view/sinks/sink-readings.ts';

interface OutlierTableProps {
  readonly report: SinkReport;
  readonly shape: SinkShape;
  readonly tokens: readonly TokenView[];
  readonly onToken: (position: number) => void;
}

/** Massive activations, or the largest numbers of each residual where nothing is massive. */
export function OutlierTable({ report, shape, tokens, onToken }: OutlierTableProps) {
  const { massive, largest } = report;
  const rows = massive.length > 0 ? massive : largest;
  return (
    <div className="hs-sinks__outliers">
      <h3
        className="hs-sinks__title"
        title="|x| > 100 and at least 1000 × the median |x| of the residual (Sun et al. 2024)"
      >
        Massive activations
        <span className="hs-dim"> {massive.length > 0 ? massive.length : 'none; the largest of each layer'}</span>
      </h3>
      <table className="hs-table hs-sinks__table">
        <thead>
          <tr>
            <th scope="col">residual</th>
            <th scope="col">position</th>
            <th scope="col" className="hs-number">
              dimension
            </th>
            <th scope="col" className="hs-number">
              value
            </th>
            <th scope="col" className="hs-number" title="Over the median |x| of the residual">
              × median
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((outlier) => (
            <tr key={`${outlier.layer}/${outlier.position}/${outlier.dimension}`}>
              <th scope="row">{boundary(outlier, shape)}</th>
              <td>
                <button type="button" className="hs-sinks__link" onClick={() => onToken(outlier.position)}>
                  {tokenText(outlier.position, tokens)}
                </button>
              </td>
              <td className="hs-number">{outlier.dimension}</td>
              <td className="hs-number">{formatNumber(outlier.value)}</td>
              <td className="hs-number">{formatNumber(outlier.ratio)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function boundary({ layer }: MassiveActivation, { layers }: SinkShape): string {
  return layer === layers ? 'last' : `into L${layer}`;
}
