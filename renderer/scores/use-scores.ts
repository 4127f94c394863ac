import { useMemo, useSyncExternalStore } from 'react';
import type { WireError } from '../../shared/base/app-error.ts';
import { headKinds, type HeadKindLabel } from '../../shared/model/head-kinds.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import type { DataKey } from '../engine/data-cache.ts';
import { forwardsKey, furtherKey, originKey, scoresKey, spansKey, weightsKey } from '../engine/data-keys.ts';
import { wantsFurther } from '../engine/demands.ts';
import { furtherChoice, parametersText, weightsOnScreen } from '../engine/score-choice.ts';
import { markedSpans, promptName } from '../state/folds.ts';
import { shownRun } from '../state/selectors.ts';
import { entriesUnder } from './entries-under.ts';
import { collectEntries, tablesForKinds, type ScoreEntry } from './score-entries.ts';

export interface Scores {
  readonly entries: readonly ScoreEntry[];
  /** Nothing has come yet of any run of this model. */
  readonly missing: boolean;
  /** They are those of an earlier run. */
  readonly stale: boolean;
  /** Why the scores of the run did not come. */
  readonly error: WireError | undefined;
  /** Why those that were asked for did not come, and the key to ask again with. */
  readonly furtherError: { readonly key: string; readonly error: WireError } | undefined;
}

/** The scores of the run on screen, of the weights and of all other origins. */
export function useScores(): Scores {
  const scope = useAppState(({ model }) => model.info?.modelId ?? '');
  const run = useAppState(shownRun);
  const { list, parameters, origins, weights: wantsWeights } = useAppState(({ scores }) => scores);
  const isWanted = useAppState((state) => run !== undefined && wantsFurther(state, run));
  const isLive = useAppState(({ model }) => model.live);
  const sinkMode = useAppState(({ view }) => view.sinkMode);
  const quick = useKeptData(run && scoresKey(run.key), scope);
  const furtherAt = useMemo(
    () => run && isWanted && furtherKey(run.key, JSON.stringify(furtherChoice({ list, parameters }))),
    [run, isWanted, list, parameters],
  );
  const further = useKeptData(furtherAt === false ? undefined : furtherAt, scope);
  const weightsAt = useMemo(
    () => (wantsWeights ? weightsKey(scope, weightsOnScreen({ list, parameters }, { live: isLive })) : undefined),
    [wantsWeights, scope, list, parameters, isLive],
  );
  const weights = useKeptData(weightsAt, scope);
  const forwardsAt = useMemo(
    () =>
      list
        .filter(({ cost }) => cost === 'forwards')
        .map(({ id }) => forwardsKey(run?.key ?? '', id, parametersText(parameters[id]))),
    [list, run, parameters],
  );
  const folds = useAppState(({ edit }) => edit.folds);
  const promptNow = useAppState((state) => promptName(state.run));
  const spansAt = useMemo(() => {
    const marked = markedSpans(folds, promptNow);
    return run && marked.length > 0 ? spansKey(run.key, JSON.stringify(marked)) : undefined;
  }, [folds, promptNow, run]);
  const spanTables = useData(spansAt);
  const originsAt = useMemo(() => origins.map(({ id }) => originKey(id)), [origins]);
  const forwards = useReady(forwardsAt);
  const ofOrigins = useReady(originsAt);

  const [furtherTables, weightTables] = [further.value, weights.value];
  const isStored = run?.stored !== undefined || !isLive;
  const entries = useMemo(() => {
    const coming = new Set<NonNullable<ScoreEntry['how']>>();
    if (furtherAt && !furtherTables && !further.error) coming.add('further');
    if (weightsAt && !weightTables && !weights.error) coming.add('weights');
    const stored = 'The model has to run the prompt for it.';
    return entriesUnder(
      sinkMode,
      collectEntries({
        list,
        quick: quick.value ?? [],
        further: [
          ...(furtherTables ?? []),
          ...(spanTables?.status === 'ready' ? spanTables.value : []),
          ...forwards.flatMap((table) => (table ? [table] : [])),
        ],
        weights: weightTables ?? [],
        coming,
        refused: isStored ? { further: stored, forwards: stored, weights: stored } : {},
        origins: origins.flatMap((origin, at) => {
          const tables = ofOrigins[at];
          return tables ? [{ origin, tables }] : [];
        }),
      }),
    );
  }, [
    sinkMode,
    list,
    quick.value,
    furtherTables,
    spanTables,
    further.error,
    weightTables,
    weights.error,
    furtherAt,
    weightsAt,
    forwards,
    origins,
    ofOrigins,
    isStored,
  ]);

  const failed = further.error
    ? { key: furtherAt as string, error: further.error }
    : weights.error && { key: weightsAt!, error: weights.error };
  return {
    entries,
    missing: quick.value === undefined,
    stale: quick.stale || further.stale,
    error: quick.error,
    furtherError: failed,
  };
}

/** Kinds of every head, [layers x heads]. */
export function useHeadKinds(
  entries: readonly ScoreEntry[],
  layers: number,
  heads: number,
): readonly (readonly HeadKindLabel[])[] {
  return useMemo(() => {
    const tables = tablesForKinds(entries);
    return Array.from({ length: layers * heads }, (_, index) =>
      headKinds(tables, Math.floor(index / heads), index % heads, { heads }),
    );
  }, [entries, layers, heads]);
}

/** What the cache holds under each key, as far as it is there. */
function useReady<T>(keys: readonly DataKey<T>[]): readonly (T | undefined)[] {
  const { cache } = useApp();
  const states = useSyncExternalStore(cache.subscribe, () =>
    keys.map((key) => (cache.value(key) === undefined ? '-' : '+')).join(''),
  );
  // `states` says when to look again: the values themselves never change under a key.
  return useMemo(() => (states === '' ? [] : keys.map((key) => cache.value(key))), [states, keys, cache]);
}
