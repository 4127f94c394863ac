import type { HeadId } from '../../shared/model/head-id.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { useEffect } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { Button } from '../components/Button.tsx';
import { bestPromptsKey } from '../engine/head-page-keys.ts';
import { chooseEntry, entryName, type ScoreEntry } from '../scores/score-entries.ts';
import { patch } from '../state/store.ts';
import { PageSection } from './PageSection.tsx';

interface BestPromptsProps {
  readonly entries: readonly ScoreEntry[];
  readonly head: HeadId;
}

/** The prompts of a probe set on which the head scores highest; by the score of the atlas until another is chosen. */
export function BestPrompts({ entries, head }: BestPromptsProps) {
  const { store } = useApp();
  const chosen = useAppState(({ headPage }) => headPage.best);
  const scoreId = useAppState(({ view }) => view.scoreId);
  const possible = entries.filter(({ status, origin }) => status === 'ready' && origin?.probeId !== undefined);
  const shown = chooseEntry(entries, scoreId);
  const entry =
    possible.find(({ key }) => key === chosen) ??
    possible.find(({ key }) => key === shown?.key) ??
    possible.find(({ info }) => info.id === shown?.info.id) ??
    possible[0];
  const fallback = entry?.key;
  useEffect(() => {
    if (fallback !== undefined && fallback !== chosen) patch(store, 'headPage', { best: fallback });
  }, [store, fallback, chosen]);
  const key = entry?.origin && bestPromptsKey(entry.origin.id, entry.info.id, head);
  const { value, stale, error } = useKeptData(key, fallback ?? '');
  if (!entry) {
    return (
      <PageSection title="Best prompts">
        <p className="hs-dim">Of a probe set: the prompts on which the head scores highest stand here.</p>
        <p>
          <Button small onClick={() => patch(store, 'ui', { dialog: 'probe' })}>
            Run a probe set…
          </Button>
        </p>
      </PageSection>
    );
  }
  return (
    <PageSection
      title="Best prompts"
      side={
        <select
          className="hs-select"
          aria-label="Score of the best prompts"
          value={entry.key}
          onChange={({ target }) => patch(store, 'headPage', { best: target.value })}
        >
          {possible.map((one) => (
            <option key={one.key} value={one.key}>
              {entryName(one)}
            </option>
          ))}
        </select>
      }
      stale={stale}
      error={error}
      retry={key}
    >
      <ol className="hs-best-prompts">
        {value?.map(({ index, value: score, preview, ids }) => (
          <li key={index} title={`Prompt ${index} of ${entry.origin?.name ?? ''}, ${ids.length} tokens`}>
            <span className="hs-number">{formatNumber(score)}</span>{' '}
            <span className="hs-best-prompts__text">{preview}</span>
          </li>
        ))}
      </ol>
    </PageSection>
  );
}
