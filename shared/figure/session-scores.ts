/** The scores of a session file that come from elsewhere: of probe sets, sweeps and files of others. */
import { readStoredTable } from '../session/read-table.ts';
import type { SessionState } from '../session/session-state.ts';
import { scoresSlice } from '../session/slices/scores.ts';
import type { BroughtScore } from './brought-score.ts';
import type { FigureModel } from './source.ts';

/** Those of the model, under the keys that the window gives them. `state`: checked slices, as sessions are opened. */
export function sessionScores(
  state: SessionState,
  { modelId, layers, heads }: Pick<FigureModel, 'modelId' | 'layers' | 'heads'>,
): readonly BroughtScore[] {
  const parsed = scoresSlice.schema.safeParse(state[scoresSlice.id]?.data);
  if (!parsed.success) return [];
  return parsed.data.origins
    .filter((origin) => origin.modelId === modelId)
    .flatMap(({ id, name, detail, tables }) =>
      tables.flatMap((stored) => {
        const table = readStoredTable(stored, layers * heads);
        return table ? [{ key: `${id}:${table.info.id}`, origin: `${name}, ${detail}`, table }] : [];
      }),
    );
}
