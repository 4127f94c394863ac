/** Score tables as a session's state holds them, and back. Pure. */
import type { RetrievalDetail } from '../../shared/model/probe.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { decodeFloat32, decodeFloat64, encodeFloat32, encodeFloat64 } from '../../shared/session/exact-values.ts';
import { readStoredTable } from '../../shared/session/read-table.ts';
import type { StoredRetrieval } from '../../shared/session/slices/scores.ts';
import type { StoredTable } from '../../shared/session/slices/stored-table.ts';

/** Tables never change, and unsaved work is looked through often. */
const storedTables = new WeakMap<ScoreTable, StoredTable>();
const storedRetrievals = new WeakMap<RetrievalDetail, StoredRetrieval>();

export function storeTable(table: ScoreTable): StoredTable {
  const known = storedTables.get(table);
  if (known) return known;
  const { info, values, notApplicable, parameters, floor, spread } = table;
  const stored: StoredTable = {
    info: {
      ...info,
      domain: [...info.domain],
      parameters: info.parameters.map(({ choices, ...rest }) => ({
        ...rest,
        ...(choices && { choices: [...choices] }),
      })),
    },
    values: values && encodeFloat64(values),
    notApplicable,
    parameters: { ...parameters },
    floor: floor === null ? null : encodeFloat64(Float64Array.of(floor)),
    spread: spread && {
      prompts: spread.prompts,
      deviation: encodeFloat64(spread.deviation),
      active: encodeFloat64(spread.active),
      low: encodeFloat64(spread.low),
      high: encodeFloat64(spread.high),
    },
  };
  storedTables.set(table, stored);
  return stored;
}

/** Undefined where it is not of so many heads. */
export function readTable(stored: StoredTable, heads: number): ScoreTable | undefined {
  const table = readStoredTable(stored, heads);
  if (table) storedTables.set(table, stored);
  return table;
}

export function storeRetrieval(detail: RetrievalDetail): StoredRetrieval {
  const known = storedRetrievals.get(detail);
  if (known) return known;
  const { kept, gate, activation, attempted, raster } = detail;
  const stored = {
    kept,
    gate,
    activation: encodeFloat64(activation),
    attempted: encodeFloat64(attempted),
    tokens: raster.tokens,
    hits: encodeFloat32(raster.hits),
  };
  storedRetrievals.set(detail, stored);
  return stored;
}

/** Undefined where it is not of so many heads. */
export function readRetrieval(stored: StoredRetrieval, heads: number): RetrievalDetail | undefined {
  const { kept, gate, tokens } = stored;
  const activation = decodeFloat64(stored.activation, heads);
  const attempted = decodeFloat64(stored.attempted, heads);
  const hits = decodeFloat32(stored.hits, tokens * heads);
  if (!activation || !attempted || !hits) return undefined;
  const detail = { kept, gate, activation, attempted, raster: { tokens, hits } };
  storedRetrievals.set(detail, stored);
  return detail;
}

/** Letters that a table takes in the file, about. */
export function storedSize(tables: readonly StoredTable[], retrieval: StoredRetrieval | null): number {
  const texts = tables.flatMap(({ values, spread }) => [
    values,
    ...(spread ? [spread.deviation, spread.active, spread.low, spread.high] : []),
  ]);
  const arrays = [...texts, retrieval?.activation, retrieval?.attempted, retrieval?.hits];
  return ABOUT_A_TABLE * tables.length + arrays.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

/** Its definition and the like. */
const ABOUT_A_TABLE = 4096;
