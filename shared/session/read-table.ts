import type { ScoreTable } from '../model/score.ts';
import { decodeFloat64 } from './exact-values.ts';
import type { StoredTable } from './slices/stored-table.ts';

/** A score table as a session's state holds it. `heads`: of all layers. Undefined where it is not of so many. */
export function readStoredTable(stored: StoredTable, heads: number): ScoreTable | undefined {
  const { info, notApplicable, parameters } = stored;
  const values = stored.values === null ? null : decodeFloat64(stored.values, heads);
  const floor = stored.floor === null ? null : decodeFloat64(stored.floor, 1)?.[0];
  const spread = stored.spread === null ? null : readSpread(stored.spread, heads);
  if (values === undefined || floor === undefined || spread === undefined) return undefined;
  if (values === null && notApplicable === null) return undefined;
  return { info, values, notApplicable, parameters, floor, spread };
}

function readSpread(stored: NonNullable<StoredTable['spread']>, heads: number): ScoreTable['spread'] | undefined {
  const [deviation, active, low, high] = [stored.deviation, stored.active, stored.low, stored.high].map((text) =>
    decodeFloat64(text, heads),
  );
  return deviation && active && low && high && { prompts: stored.prompts, deviation, active, low, high };
}
