import { useMemo } from 'react';
import type { HeadKindLabel } from '../../shared/model/head-kinds.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { isFiltering, passing } from '../../shared/view/atlas/head-filter.ts';
import { useAppState } from '../app/use-app-state.ts';
import type { ScoreEntry } from './score-entries.ts';
import { useHeadKinds } from './use-scores.ts';

export interface FilteredHeads {
  readonly kinds: readonly (readonly HeadKindLabel[])[];
  /** Undefined where nothing is filtered. */
  readonly passing: readonly boolean[] | undefined;
  readonly count: number;
}

/** Which heads the person's filter leaves, and what each does. */
export function useFilteredHeads(entries: readonly ScoreEntry[], model: ModelInfo | undefined): FilteredHeads {
  const filter = useAppState(({ edit }) => edit.filter);
  const { layers, heads, kvHeads } = model ?? NO_MODEL;
  const kinds = useHeadKinds(entries, layers, heads);
  return useMemo(() => {
    if (!isFiltering(filter)) return { kinds, passing: undefined, count: layers * heads };
    const by = entries.find(({ key, status }) => key === filter.threshold?.score && status === 'ready');
    const passed = passing(filter, {
      layers,
      heads,
      kvHeads,
      kinds: kinds.map((labels) => labels.map(({ kind }) => kind)),
      values: by?.table?.values ?? undefined,
    });
    return { kinds, passing: passed, count: passed.reduce((sum, passes) => sum + Number(passes), 0) };
  }, [filter, entries, kinds, layers, heads, kvHeads]);
}

const NO_MODEL = { layers: 0, heads: 0, kvHeads: 0 };
