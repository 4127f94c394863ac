/** What of a comparison the views of kept keys show: which row, head and query. Pure. */
import type { HeadId } from '../../shared/model/head-id.ts';
import type { LabAbout, LabRecord, LabRow } from '../../shared/model/lab.ts';
import type { MethodResult } from '../../shared/model/method-result.ts';
import type { LabState } from '../state/lab-state.ts';

/** Rows under a method, and which head, query and key of them are looked at. */
export interface RowsView {
  /** Where the query and the pinned key are set. */
  readonly place: 'lab' | 'decode';
  readonly about: LabAbout;
  /** Whether what is not kept is gone for good. */
  readonly evicts: boolean;
  readonly head: HeadId;
  /** Queries under the method: the first, and the last. */
  readonly first: number;
  readonly last: number;
  readonly query: number;
  /** Query that predicted the first generated token; `first` where none is. */
  readonly firstStep: number;
}

/** The same with what is known of the heads. */
export interface HeadsView extends RowsView {
  readonly result: HeadsResult;
}

/** Means over rows by head; of what is missing only single queries are known. */
export interface HeadsResult extends Pick<MethodResult, 'badge' | 'rows'> {
  readonly heads: Partial<MethodResult['heads']>;
}

export interface KeptView extends HeadsView {
  readonly row: LabRow;
  readonly result: MethodResult;
}

/** The row that is chosen; the last one where there are fewer by now. */
export function chosenRow(record: LabRecord, { row }: Pick<LabState, 'row'>): LabRow | undefined {
  return record.rows[Math.min(row, record.rows.length - 1)];
}

/** Undefined where the chosen row has no result. Without a head of this model that is selected, the worst one. */
export function keptView(
  record: LabRecord,
  lab: Pick<LabState, 'row' | 'query'>,
  selected: HeadId | undefined,
): KeptView | undefined {
  const { about } = record;
  const row = chosenRow(record, lab);
  if (!row?.result) return undefined;
  const { result } = row;
  const isHere = selected && selected.layer < about.layers && selected.head < about.heads;
  const { layer, head } = isHere ? selected : result.worst;
  const first = result.phase === 'prefill' ? 0 : result.promptLength;
  const last = first + result.rows - 1;
  const query = Math.max(first, Math.min(last, lab.query ?? last));
  const { evicts } = row.info;
  return { place: 'lab', about, row, result, evicts, head: { layer, head }, first, last, query, firstStep: first };
}
