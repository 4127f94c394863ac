import { useEffect, useMemo } from 'react';
import type { RunComparison, RunSummary, TokenLogits } from '../../shared/model/run.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData, type KeptData } from '../app/use-data.ts';
import type { DataEntry } from '../engine/data-cache.ts';
import { comparisonKey, logitsKey, summaryKey } from '../engine/data-keys.ts';
import type { RunHandle } from '../state/run-state.ts';
import { patch } from '../state/store.ts';
import { askedLogits, type AskedLogits } from './logit-pair.ts';

/** What is known of one changed run beside the clean one. */
export interface EffectOfRun {
  readonly run: RunHandle | undefined;
  readonly comparison: KeptData<RunComparison>;
  readonly logits: DataEntry<TokenLogits> | undefined;
  readonly computedFrom: number | undefined;
}

export interface EffectData {
  readonly summary: RunSummary | undefined;
  readonly asked: AskedLogits | undefined;
  readonly cleanLogits: DataEntry<TokenLogits> | undefined;
  readonly a: EffectOfRun;
  /** Of the scenario that is compared with. */
  readonly b: EffectOfRun;
  readonly between: KeptData<RunComparison>;
}

/** All that the results show, and the wish for the logits that they need. */
export function useEffectData(): EffectData {
  const { store } = useApp();
  const clean = useAppState(({ run }) => run.clean);
  const changed = useAppState(({ run }) => run.changed);
  const other = useAppState(({ run }) => run.other);
  const edit = useAppState((state) => state.edit);
  const logitPair = useAppState(({ ui }) => ui.logitPair);
  const entry = useData(clean && summaryKey(clean.key));
  const summary = entry?.status === 'ready' ? entry.value : undefined;
  const scope = clean?.key ?? '';
  const comparison = useKeptData(clean && changed && comparisonKey(clean.key, changed.key), scope);
  const otherComparison = useKeptData(clean && other && comparisonKey(clean.key, other.key), scope);
  const between = useKeptData(changed && other && comparisonKey(changed.key, other.key), scope);

  const asked = useMemo(() => {
    const { ui } = store.getState();
    return summary && askedLogits({ edit, ui: { ...ui, logitPair } }, summary, comparison.value?.after);
  }, [store, edit, logitPair, summary, comparison.value]);
  useEffect(() => {
    const { askedLogits: before } = store.getState().ui;
    const isSame =
      before?.position === asked?.position && before?.token === asked?.token && before?.against === asked?.against;
    if (!isSame) patch(store, 'ui', { askedLogits: asked });
  }, [store, asked]);

  return {
    summary,
    asked,
    cleanLogits: useLogits(clean, asked),
    a: { run: changed, comparison, logits: useLogits(changed, asked), computedFrom: useComputedFrom(changed) },
    b: {
      run: other,
      comparison: otherComparison,
      logits: useLogits(other, asked),
      computedFrom: useComputedFrom(other),
    },
    between,
  };
}

function useLogits(run: RunHandle | undefined, asked: AskedLogits | undefined) {
  return useData(run && asked && logitsKey(run.key, asked.position, [asked.token, asked.against]));
}

function useComputedFrom(run: RunHandle | undefined): number | undefined {
  const summary = useData(run && summaryKey(run.key));
  return summary?.status === 'ready' ? summary.value.computedFrom : undefined;
}
