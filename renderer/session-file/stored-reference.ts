/** The pinned result as a session's state holds it, and back. Pure. */
import { interventionsKey, parseInterventions } from '../../shared/model/intervention-text.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { ReferenceData, StoredReference } from '../../shared/session/slices/reference.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { referenceKey } from '../engine/data-keys.ts';
import {
  COMPARED_COLUMNS,
  initialReference,
  type PinnedScore,
  type Reference,
  type ReferenceState,
} from '../state/reference-state.ts';
import type { AppState } from '../state/store.ts';
import { readTable, storedSize, storeTable } from './stored-scores.ts';

/** Beside the 24 MiB of scores, of the 48 MiB that the state of the window may have in a file. */
const MOST_LETTERS = 6 * 2 ** 20;
const LONGEST_NAME = 256;

export interface CollectedReference {
  readonly data: ReferenceData;
  /** How many scores of B there is no room for: those of probe sets and files, which come last, go first. */
  readonly left: number;
}

export function collectReference({ edit, reference }: AppState, cache: DataCache): CollectedReference {
  const scores = edit.reference ? (cache.value(referenceKey(edit.reference.id)) ?? []) : [];
  const stored: StoredReference['scores'] = [];
  let letters = 0;
  for (const { key, table } of scores) {
    const own = storeTable(table);
    letters += storedSize([own], null);
    if (letters > MOST_LETTERS) break;
    stored.push({ key, table: own });
  }
  const pinned = edit.reference && stored.length > 0 ? storeReference(edit.reference, stored) : null;
  return {
    data: { pinned, shown: reference.shown, sortBy: reference.sortBy },
    left: scores.length - stored.length,
  };
}

export interface RestoredReference {
  /** Undefined where the file has none: what another session compared with is not of this one. */
  readonly pinned: Reference | undefined;
  readonly tables: readonly PinnedScore[];
  readonly state: ReferenceState;
  /** What was left out, in sentences. */
  readonly warnings: readonly string[];
}

/** `id`: names the tables in the cache of this window. */
export function restoreReference(stored: SessionState, id: string): RestoredReference {
  const data = stored['reference']?.data as ReferenceData | undefined;
  const state: ReferenceState = data
    ? {
        shown: data.shown,
        sortBy: COMPARED_COLUMNS.find((column) => column === data.sortBy) ?? initialReference.sortBy,
      }
    : initialReference;
  const none: RestoredReference = { pinned: undefined, tables: [], state, warnings: [] };
  if (!data?.pinned) return none;
  const { scores, interventions, ...rest } = data.pinned;
  const tables = scores.flatMap(({ key, table }): PinnedScore[] => {
    const read = readTable(table, rest.layers * rest.heads);
    return read?.values ? [{ key, table: read }] : [];
  });
  if (tables.length < scores.length) {
    return { ...none, warnings: ['The scores of the pinned result do not fit its heads, so that it was left out.'] };
  }
  return { ...none, pinned: { ...rest, id, interventions: interventionsKey(interventions) }, tables };
}

function storeReference(reference: Reference, scores: StoredReference['scores']): StoredReference {
  const { modelId, model, layers, heads, kvHeads, source, tokens, interventions, finalNorm } = reference;
  return {
    modelId,
    model: model.slice(0, LONGEST_NAME),
    layers,
    heads,
    kvHeads,
    source: { ...source },
    tokens,
    interventions: parseInterventions(interventions),
    ...(finalNorm && { finalNorm }),
    scores,
  };
}
