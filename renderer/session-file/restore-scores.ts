/** The window's scores from the slice of a session file, which is held against the model on screen. Pure. */
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { ScoresData } from '../../shared/session/slices/scores.ts';
import type { StoredTable } from '../../shared/session/slices/stored-table.ts';
import { NO_FILTER, type HeadFilter } from '../../shared/view/atlas/head-filter.ts';
import type { OriginTables } from '../engine/data-keys.ts';
import type { HeadPageState } from '../state/head-page-state.ts';
import type { ScoreOrigin, ScoresState } from '../state/scores-state.ts';
import type { AppState } from '../state/store.ts';
import { readRetrieval, readTable } from './stored-scores.ts';

export interface RestoredScores {
  readonly scores: ScoresState;
  readonly headPage: HeadPageState;
  readonly filter: HeadFilter;
  /** Tables of the origins, by id. */
  readonly origins: ReadonlyMap<string, OriginTables>;
  /** Of the weights; undefined where the file has none. */
  readonly weights: readonly ScoreTable[] | undefined;
  /** What was left out, in sentences. */
  readonly warnings: readonly string[];
}

export function restoreScores(
  stored: SessionState,
  model: ModelInfo | undefined,
  { scores: before, headPage }: AppState,
): RestoredScores {
  const data = stored['scores']?.data as ScoresData | undefined;
  if (!data) {
    return {
      scores: { ...before, origins: [] },
      headPage: { ...headPage, notes: {}, logit: undefined },
      filter: NO_FILTER,
      origins: new Map(),
      weights: undefined,
      warnings: [],
    };
  }
  const warnings: string[] = [];
  const tables = new Map<string, OriginTables>();
  const origins = data.origins.flatMap(({ id, kind, name, detail, probe, modelId, ...rest }): ScoreOrigin[] => {
    const found = readOrigin(rest, modelId, model);
    if (!found) {
      warnings.push(`The scores of “${name}” do not fit the model and were left out.`);
      return [];
    }
    tables.set(id, found);
    // The engine that computed them is gone.
    return [{ id, kind, name, detail, probe: probe ?? undefined, probeId: undefined, modelId }];
  });
  const { weightTables } = data;
  const weights = weightTables ? readTables(weightTables.tables, weightTables.modelId, model) : undefined;
  if (weightTables && !weights) warnings.push('The scores of the weights do not fit the model and were left out.');
  const { filter, scatter } = data;
  return {
    scores: {
      ...before,
      origins,
      further: data.further,
      weights: data.weights,
      parameters: data.parameters,
      glyphs: data.glyphs,
      columns: data.columns ?? undefined,
      scatter: { x: scatter.x ?? undefined, y: scatter.y ?? undefined },
      forwardsError: undefined,
      probeError: undefined,
    },
    headPage: { ...headPage, notes: data.notes, logit: undefined },
    filter: {
      layers: filter.layers ?? undefined,
      kinds: filter.kinds,
      group: filter.group ?? undefined,
      threshold: filter.threshold ?? undefined,
      brushed: filter.brushed ?? undefined,
    },
    origins: tables,
    weights,
    warnings,
  };
}

function readOrigin(
  stored: Pick<ScoresData['origins'][number], 'tables' | 'retrieval'>,
  modelId: string,
  model: ModelInfo | undefined,
): OriginTables | undefined {
  const tables = readTables(stored.tables, modelId, model);
  if (!tables || !model) return undefined;
  const retrieval = stored.retrieval ? readRetrieval(stored.retrieval, model.layers * model.heads) : undefined;
  return stored.retrieval && !retrieval ? undefined : { tables, retrieval };
}

/** Undefined where one of them is of another model. */
function readTables(
  stored: readonly StoredTable[],
  modelId: string,
  model: ModelInfo | undefined,
): readonly ScoreTable[] | undefined {
  if (model?.modelId !== modelId) return undefined;
  const tables = stored.flatMap((table) => readTable(table, model.layers * model.heads) ?? []);
  const ids = new Set(tables.map(({ info }) => info.id));
  return ids.size === stored.length ? tables : undefined;
}
