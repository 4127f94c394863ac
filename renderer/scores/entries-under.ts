/** The scores as they are shown while sinks are left out. Pure. */
import { keepsSinks, nameWithoutSinks, scoreUnder } from '../../shared/view/atlas/sink-twins.ts';
import type { SinkMode } from '../../shared/view/map/sink-mode.ts';
import type { ScoreEntry } from './score-entries.ts';

/**
 * Scores with a twin without sinks have its values, definition and parameters, under their own key, so that what was
 * chosen stays chosen; the name says so. One whose twin is not in the list stays as it is. Those that sinks still count
 * in are marked.
 */
export function entriesUnder(mode: SinkMode, entries: readonly ScoreEntry[]): readonly ScoreEntry[] {
  return entries.map((entry) => {
    const twinKey = scoreUnder(mode, entry.key);
    const twin = twinKey === entry.key ? undefined : entries.find(({ key }) => key === twinKey);
    if (!twin) return keepsSinks(mode, entry.info) ? { ...entry, withSinks: true } : entry;
    // It stands for the other in lists that go by cost.
    const info = { ...twin.info, cost: entry.info.cost, name: nameWithoutSinks(entry.info.name) };
    return { ...twin, key: entry.key, info, table: twin.table && { ...twin.table, info } };
  });
}
