import { useMemo } from 'react';
import type { WireError } from '../../shared/base/app-error.ts';
import type { ScoreTable } from '../../shared/model/score.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { referenceKey } from '../engine/data-keys.ts';
import { chooseEntry, type ScoreEntry } from '../scores/score-entries.ts';
import { useScores } from '../scores/use-scores.ts';
import type { Reference } from '../state/reference-state.ts';
import { shownRun } from '../state/selectors.ts';
import type { Result } from './describe-result.ts';
import { pairKey } from './scores-on-screen.ts';

/** A score that both A and B have values of. */
export interface ScorePair {
  /** Of A. */
  readonly entry: ScoreEntry;
  /** Of B. */
  readonly table: ScoreTable;
}

export interface Comparison {
  /** What is on screen, A; undefined while nothing is. */
  readonly result: Result | undefined;
  /** By the key of the score. */
  readonly pairs: ReadonlyMap<string, ScorePair>;
  /** The score that is looked at, which B may lack; undefined while A has none. */
  readonly chosen: ScoreEntry | undefined;
  /** The scores of A are those of an earlier run. */
  readonly stale: boolean;
  readonly error: WireError | undefined;
}

/** What is on screen beside what was pinned; without a reference there are no pairs. */
export function useComparison(reference: Reference | undefined): Comparison {
  const model = useAppState((state) => state.model.info);
  const run = useAppState(shownRun);
  const source = useAppState((state) => state.run.source);
  const scoreId = useAppState(({ view }) => view.scoreId);
  const { entries, stale, error } = useScores();
  const pinned = useData(reference && referenceKey(reference.id));
  const pairs = useMemo(() => {
    const tables = new Map(pinned?.status === 'ready' ? pinned.value.map(({ key, table }) => [key, table]) : []);
    return new Map(
      entries.flatMap((entry) => {
        const table = tables.get(pairKey(entry.info.id, entry.origin));
        return entry.status === 'ready' && table ? [[entry.key, { entry, table }] as const] : [];
      }),
    );
  }, [entries, pinned]);
  const result = useMemo((): Result | undefined => {
    if (!model || !run || !source) return undefined;
    const { modelId, name, layers, heads, kvHeads } = model;
    return {
      modelId,
      model: name,
      layers,
      heads,
      kvHeads,
      source,
      tokens: run.tokens,
      interventions: run.interventions,
      finalNorm: run.finalNorm,
    };
  }, [model, run, source]);
  return { result, pairs, chosen: chooseEntry(entries, scoreId), stale, error };
}
