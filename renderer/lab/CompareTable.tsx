import type { LabRecord, LabRow } from '../../shared/model/lab.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import { sameHead } from '../../shared/model/head-id.ts';
import { FIDELITY_WORDS } from '../../shared/view/lab/about-text.ts';
import {
  cellText,
  columnsOf,
  GROUP_NAMES,
  LAB_COLUMN_GROUPS,
  sortRows,
  worstHead,
  type LabColumn,
  type LabColumnGroup,
} from '../../shared/view/lab/columns.ts';
import { resolvedKeysText, rowBudget } from '../../shared/view/lab/row-budget.ts';
import { seriesOf } from '../../shared/view/lab/series.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { classNames } from '../base/class-names.ts';
import { Badge } from '../components/Badge.tsx';
import { selectHead } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { SeriesMark } from './SeriesMark.tsx';
import './lab-table.css';

/** Methods by budgets. A click on a row chooses what the maps and the kept keys are of. */
export function CompareTable({ record }: { readonly record: LabRecord }) {
  const { store } = useApp();
  const chosen = useAppState(({ lab }) => lab.row);
  const groups = useAppState(({ lab }) => lab.columns);
  const sort = useAppState(({ lab }) => lab.sort);
  const { rows } = record;
  const columns = columnsOf(groups);
  const order = sortRows(
    rows,
    columns.find(({ id }) => id === sort?.column),
    sort?.descending ?? false,
  );
  const series = seriesOf(rows);
  const lookOf = (row: number) => series.find((one) => one.rows.includes(row))!;

  const onSort = (column: LabColumn) => {
    if (sort?.column !== column.id) patch(store, 'lab', { sort: { column: column.id, descending: column.numeric } });
    else if (sort.descending === column.numeric) {
      patch(store, 'lab', { sort: { column: column.id, descending: !column.numeric } });
    } else patch(store, 'lab', { sort: null });
  };
  const onGroup = (group: LabColumnGroup, shown: boolean) => {
    const next = LAB_COLUMN_GROUPS.filter((one) => (one === group ? shown : groups.includes(one)));
    patch(store, 'lab', { columns: next });
  };

  return (
    <div className="hs-lab__table">
      <fieldset className="hs-lab__groups" aria-label="Columns">
        {LAB_COLUMN_GROUPS.map((group) => (
          <label key={group}>
            <input
              type="checkbox"
              checked={groups.includes(group)}
              onChange={({ target }) => onGroup(group, target.checked)}
            />
            {GROUP_NAMES[group]}
          </label>
        ))}
      </fieldset>
      <div className="hs-lab__scroll hs-lab__box" role="region" aria-label="Methods by budgets" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col" rowSpan={2} className="hs-lab__method">
                <div>method</div>
              </th>
              <th scope="col" rowSpan={2} className="hs-lab__budget" title="As asked for; keys that this was.">
                <div>budget</div>
              </th>
              {groups.map((group) => (
                <th
                  key={group}
                  scope="colgroup"
                  className="hs-lab__group"
                  colSpan={columns.filter((column) => column.group === group).length}
                >
                  {GROUP_NAMES[group]}
                </th>
              ))}
            </tr>
            <tr>
              {columns.map((column) => (
                <ColumnHead key={column.id} column={column} sort={sort} onSort={() => onSort(column)} />
              ))}
            </tr>
          </thead>
          <tbody>
            {order.map((row) => {
              const { name, look } = lookOf(row);
              return (
                <TableRow
                  key={row}
                  row={rows[row]!}
                  name={name}
                  mark={<SeriesMark look={look} />}
                  columns={columns}
                  isChosen={row === chosen}
                  onChoose={() => patch(store, 'lab', { row })}
                />
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface ColumnHeadProps {
  readonly column: LabColumn;
  readonly sort: { readonly column: string; readonly descending: boolean } | null;
  readonly onSort: () => void;
}

function ColumnHead({ column, sort, onSort }: ColumnHeadProps) {
  const { id, name, unit, meaning, numeric } = column;
  const isSorted = sort?.column === id;
  return (
    <th
      scope="col"
      className={numeric ? 'hs-number' : undefined}
      aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
    >
      <button type="button" className="hs-lab__sort" title={`${meaning} Click: sort by it.`} onClick={onSort}>
        {name}
        {isSorted && (sort.descending ? ' ↓' : ' ↑')}
        {unit !== '' && <span className="hs-lab__unit">{unit}</span>}
      </button>
    </th>
  );
}

interface TableRowProps {
  readonly row: LabRow;
  readonly name: string;
  readonly mark: React.ReactNode;
  readonly columns: readonly LabColumn[];
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function TableRow({ row, name, mark, columns, isChosen, onChoose }: TableRowProps) {
  const { choice, info, result, error } = row;
  // That of the fidelity stands over the table.
  const shown = result ? FIDELITY_WORDS[result.fidelity].name : undefined;
  const badges = new Set([result?.badge, info.badge].filter((badge) => badge !== undefined && badge !== 'exact'));
  const own = [...badges].filter((badge) => badge !== shown);
  const isReference = choice.method === 'dense';
  const budget = rowBudget(row);
  const isDense = result?.denseHere === true && !isReference;
  return (
    <tr className={classNames(isChosen && 'hs-lab__row--chosen', isDense && 'hs-lab__row--dense')} onClick={onChoose}>
      <th scope="row" className="hs-lab__method">
        <div>
          <button type="button" className="hs-lab__name" title={name} aria-pressed={isChosen} onClick={onChoose}>
            {mark}
            <span>{name}</span>
          </button>
          <div className="hs-lab__tags">
            {own.map((badge) => (
              <Badge key={badge} badge={badge} />
            ))}
            {result?.phase === 'prefill' && (
              <span
                className="hs-dim hs-small"
                title="Its numbers are means over the queries of the prompt, not over those after it."
              >
                prompt rows
              </span>
            )}
            {isDense && (
              <span className="hs-lab__dense" title={result.notes.join(' ')}>
                dense at this length
              </span>
            )}
          </div>
        </div>
      </th>
      <td
        className="hs-lab__budget"
        title={result ? [resolvedKeysText(result.resolved, info), ...result.notes].join('\n') : undefined}
      >
        <div>
          {budget.asked}
          {budget.more !== '' && <span className="hs-dim"> {budget.more}</span>}
        </div>
      </td>
      {error ? (
        <td className="hs-lab__error" colSpan={Math.max(1, columns.length)}>
          <div>
            {error.message} <span className="hs-dim">{error.hint}</span>
          </div>
        </td>
      ) : (
        columns.map((column) => <Cell key={column.id} row={row} column={column} />)
      )}
    </tr>
  );
}

function Cell({ row, column }: { readonly row: LabRow; readonly column: LabColumn }) {
  const { text, missing } = cellText(column, row);
  const { result } = row;
  const className = column.numeric ? 'hs-number' : undefined;
  if (missing !== undefined || !result) {
    return (
      <td className={classNames(className, 'hs-dim')} title={missing}>
        {text}
      </td>
    );
  }
  if (column.id === 'worst') {
    return (
      <td className={className}>
        <WorstHead result={result} /> {text}
      </td>
    );
  }
  const isWrong = (column.id === 'accuracy' || column.id === 'answer') && result.generated?.correct === false;
  return (
    <td
      className={classNames(className, column.id === 'answer' && 'hs-lab__text', isWrong && 'hs-lab__wrong')}
      title={column.id === 'answer' ? `Dense: ${result.generated?.denseText}` : undefined}
    >
      {text}
    </td>
  );
}

/** Selects the head with the least recall. */
function WorstHead({ result }: { readonly result: MethodResult }) {
  const { store } = useApp();
  const head = useAppState(({ edit }) => edit.head);
  const { layer, head: index } = result.worst;
  const where = { layer, head: index };
  return (
    <button
      type="button"
      className="hs-effects__link"
      aria-pressed={head !== undefined && sameHead(head, where)}
      title={`Select ${worstHead(result)}`}
      onClick={(event) => {
        event.stopPropagation();
        selectHead(store, where);
      }}
    >
      {worstHead(result)}
    </button>
  );
}
