/** What a session keeps of scores beyond those of its runs. Pure. */
import type { ScoresData, StoredOrigin } from '../../shared/session/slices/scores.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { originKey, weightsKey } from '../engine/data-keys.ts';
import { changedParameters, weightsOnScreen } from '../engine/score-choice.ts';
import type { AppState } from '../state/store.ts';
import { storedSize, storeRetrieval, storeTable } from './stored-scores.ts';

/** The state of the window may have 48 MiB in a file; B, sweeps and the method lab have the rest. */
const MOST_LETTERS = 24 * 2 ** 20;
const LONGEST_NAME = 256;

export interface CollectedScores {
  readonly data: ScoresData;
  /** Names of the origins that there is no room for: the oldest ones. */
  readonly left: readonly string[];
}

export function collectScores({ scores, edit, headPage, model }: AppState, cache: DataCache): CollectedScores {
  const { filter } = edit;
  const modelId = model.info?.modelId;
  const weights = modelId === undefined ? undefined : cache.value(weightsKey(modelId, weightsOnScreen(scores, model)));
  const weightTables = weights?.map(storeTable);
  let letters = weightTables ? storedSize(weightTables, null) : 0;
  const origins: StoredOrigin[] = [];
  const left: string[] = [];
  for (const { id, kind, name, detail, probe, modelId: of } of scores.origins.toReversed()) {
    const found = cache.value(originKey(id));
    if (!found) continue;
    const tables = found.tables.map(storeTable);
    const retrieval = found.retrieval ? storeRetrieval(found.retrieval) : null;
    letters += storedSize(tables, retrieval);
    const own = { id, kind, name: name.slice(0, LONGEST_NAME), detail, probe: probe ?? null, modelId: of };
    if (letters <= MOST_LETTERS) origins.unshift({ ...own, tables, retrieval });
    else left.unshift(name);
  }
  const data: ScoresData = {
    origins,
    weightTables: weightTables && modelId !== undefined ? { modelId, tables: weightTables } : null,
    further: scores.further,
    weights: scores.weights,
    parameters: changedParameters(scores.parameters),
    glyphs: [...scores.glyphs],
    columns: scores.columns ? [...scores.columns] : null,
    scatter: { x: scores.scatter.x ?? null, y: scores.scatter.y ?? null },
    filter: {
      layers: filter.layers ? [filter.layers[0], filter.layers[1]] : null,
      kinds: [...filter.kinds],
      group: filter.group ?? null,
      threshold: filter.threshold ? { ...filter.threshold } : null,
      brushed: filter.brushed ? [...filter.brushed] : null,
    },
    notes: Object.fromEntries(Object.entries(headPage.notes).map(([of, notes]) => [of, { ...notes }])),
  };
  return { data, left };
}
