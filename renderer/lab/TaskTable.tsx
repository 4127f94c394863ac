import type { LabTaskRecord } from '../../shared/model/lab.ts';
import { DENSE_FROM } from '../../shared/model/method-result.ts';
import type { MethodTaskRow } from '../../shared/model/method-task.ts';
import { formatNumber, plural } from '../../shared/view/format.ts';
import {
  COST_WORDS,
  MEASURE_WORDS,
  taskCostOf,
  taskMeasureOf,
  type LabMeasure,
} from '../../shared/view/lab/measures.ts';
import { taskBudgetText, taskSeries } from '../../shared/view/lab/plots.ts';
import { SeriesMark } from './SeriesMark.tsx';
import './lab-table.css';

const MEASURES: readonly LabMeasure[] = ['recall', 'recallSinkFree', 'lostMass', 'outputErrorWO', 'kl', 'nllAnswer'];
const COSTS = ['read', 'resident', 'ratio'] as const;

/** Means over the prompts of a task, one row a method, budget and view of the question. */
export function TaskTable({ record }: { readonly record: LabTaskRecord }) {
  const series = taskSeries(record.rows, record.names);
  return (
    <div className="hs-lab__scroll hs-lab__box" role="region" aria-label="Methods by budgets on the task" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col" className="hs-lab__method">
              <div>method</div>
            </th>
            <th scope="col" className="hs-lab__budget">
              <div>budget</div>
            </th>
            <th scope="col">question</th>
            <th scope="col" className="hs-number" title="95% Wilson interval over prompts">
              accuracy
            </th>
            {COSTS.map((cost) => (
              <th key={cost} scope="col" className="hs-number" title={COST_WORDS[cost].meaning}>
                {COST_WORDS[cost].name.toLowerCase()}
              </th>
            ))}
            {MEASURES.map((measure) => (
              <th key={measure} scope="col" className="hs-number" title={MEASURE_WORDS[measure].meaning}>
                {MEASURE_WORDS[measure].name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.flatMap(({ name, look, question, rows }) =>
            rows.map((at) => {
              const row = record.rows[at]!;
              return (
                <tr key={at}>
                  <th scope="row" className="hs-lab__method">
                    <div>
                      <span className="hs-lab__name" title={name}>
                        <SeriesMark look={look} hollow={question === 'seen'} />
                        <span>{name}</span>
                      </span>
                      <div className="hs-lab__tags">
                        {row.denseHere > 0 && row.choice.method !== 'dense' && (
                          <span
                            className="hs-lab__dense"
                            title={`More than ${100 * DENSE_FROM}% of all pairs are read on ${row.denseHere} of ${plural(row.n, 'prompt')}; drawn unless this is so on all of them`}
                          >
                            {row.denseHere === row.n
                              ? 'dense at this length'
                              : `dense on ${row.denseHere} of ${plural(row.n, 'prompt')}`}
                          </span>
                        )}
                      </div>
                    </div>
                  </th>
                  <td className="hs-lab__budget">
                    <div>{taskBudgetText(row)}</div>
                  </td>
                  <td>{question}</td>
                  <td className="hs-number">
                    <Accuracy row={row} />
                  </td>
                  {COSTS.map((cost) => (
                    <td key={cost} className="hs-number">
                      {COST_WORDS[cost].format(taskCostOf(row, cost))}
                    </td>
                  ))}
                  {MEASURES.map((measure) => (
                    <MeasureCell key={measure} row={row} measure={measure} />
                  ))}
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Accuracy({ row: { accuracy, notGiven, fidelity } }: { readonly row: MethodTaskRow }) {
  if (!accuracy) return <None why={notGiven.accuracy ?? `Not told at ${fidelity}.`} />;
  return (
    <>
      {formatNumber(accuracy.value)}{' '}
      <span className="hs-dim">
        ({formatNumber(accuracy.low)} to {formatNumber(accuracy.high)})
      </span>
    </>
  );
}

function MeasureCell({ row, measure }: { readonly row: MethodTaskRow; readonly measure: LabMeasure }) {
  const value = taskMeasureOf(row, measure);
  const given = measure === 'kl' || measure === 'nllAnswer' ? row.notGiven[measure] : undefined;
  return (
    <td className="hs-number">
      {Number.isFinite(value) ? (
        MEASURE_WORDS[measure].format(value)
      ) : (
        <None why={given ?? 'There is no query that it could be taken of.'} />
      )}
    </td>
  );
}

function None({ why }: { readonly why: string }) {
  return (
    <span className="hs-dim" title={why}>
      –
    </span>
  );
}
