import { useMemo, useState } from 'react';
import { changedHeads } from '../../shared/model/changed-heads.ts';
import { formatGroup, formatHead, groupOf, sameHead } from '../../shared/model/head-id.ts';
import { foundSinks } from '../../shared/view/map/sink-keys.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { DistanceProfile } from '../atlas/DistanceProfile.tsx';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { profileKey, summaryKey } from '../engine/data-keys.ts';
import { useHeadKinds, useScores } from '../scores/use-scores.ts';
import { toggleAblation } from '../state/edits.ts';
import { mapBadge, shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { BestPrompts } from './BestPrompts.tsx';
import { Composition } from './Composition.tsx';
import { linkOf } from './follow-links.ts';
import { HeadKinds } from './HeadKinds.tsx';
import { HeadNotes } from './HeadNotes.tsx';
import { HeadScores } from './HeadScores.tsx';
import { LogitAttribution } from './LogitAttribution.tsx';
import { PageSection } from './PageSection.tsx';
import { RetrievalSection } from './RetrievalSection.tsx';
import { SimilarHeads } from './SimilarHeads.tsx';
import { TopTokens } from './TopTokens.tsx';
import './head-page.css';

/** Everything about the selected head: what it is called and why, every score, what it looks at and whom it goes with. */
export function HeadPage() {
  const { store } = useApp();
  const model = useAppState((state) => state.model.info);
  const run = useAppState(shownRun);
  const head = useAppState(({ edit }) => edit.head);
  const changed = useAppState((state) => state.run.changed);
  const interventions = useAppState(({ edit }) => edit.interventions);
  const isStale = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  const origins = useAppState(({ scores }) => scores.origins);
  const summary = useData(run && summaryKey(run.key));
  const profile = useKeptData(
    run && head && profileKey(run.key, head),
    `${model?.modelId}/${head && formatHead(head)}`,
  );
  const { entries, stale, error, furtherError } = useScores();
  const kinds = useHeadKinds(entries, model?.layers ?? 0, model?.heads ?? 0);
  const [copied, setCopied] = useState<string>();
  const tokens = summary?.status === 'ready' ? summary.value.tokens : undefined;
  const sinks = useMemo(() => {
    const found = foundSinks(profile.value);
    return found.length === 0 ? [0] : found;
  }, [profile.value]);
  if (!model || !run || !head) return undefined;

  const name = formatHead(head);
  const isAblated = changedHeads(interventions, model).some((changed) => sameHead(changed, head));
  const group = formatGroup(head.layer, groupOf(head.head, model.heads, model.kvHeads));
  const window = model.slidingWindow[head.layer] ?? undefined;
  const waiting = entries.filter(({ status }) => status === 'computable');
  const failed = error ?? furtherError?.error;

  async function copyLink(): Promise<void> {
    const link = linkOf(store.getState(), location);
    if (link === undefined) return;
    try {
      await navigator.clipboard.writeText(link);
      setCopied('The link is on the clipboard.');
    } catch {
      setCopied(link);
    }
  }

  return (
    <section className="hs-head-page" aria-label={`Head ${name} in full`}>
      <header className="hs-head-page__header">
        <h1>{name}</h1>
        <span className="hs-dim">
          {group}
          {model.kvHeads < model.heads && ` of ${plural(model.heads / model.kvHeads, 'query head')}`}
          {window !== undefined && ` · window ${window}`} · {model.name} · {plural(run.tokens, 'token')}
          {run === changed && ' · ablated run'}
        </span>
        <Badge badge={mapBadge(run)} />
        <span className="hs-head-page__actions">
          <Button
            small
            onClick={() => toggleAblation(store, head)}
            title="Zero its output before the output projection (A)"
          >
            {isAblated ? 'Restore' : 'Ablate'}
          </Button>
          <Button small onClick={() => patch(store, 'view', { centre: 'map' })}>
            Show its map
          </Button>
          <Button small onClick={() => void copyLink()} title="An address that comes back here">
            Copy link
          </Button>
        </span>
        {copied !== undefined && (
          <p className="hs-dim hs-head-page__copied" role="status">
            {copied}
          </p>
        )}
      </header>

      <div className="hs-head-page__columns">
        <div className="hs-head-page__column hs-head-page__column--wide">
          <PageSection title="Kinds" stale={stale}>
            <HeadKinds
              labels={kinds[head.layer * model.heads + head.head] ?? []}
              nameOf={(id) => entries.find(({ info }) => info.id === id)?.info.name ?? id}
            />
          </PageSection>
          <PageSection
            title="Scores"
            stale={stale || isStale}
            error={failed}
            retry={furtherError?.key}
            side={
              waiting.length > 0 && (
                <>
                  {waiting.some(({ how }) => how === 'further') && (
                    <Button small onClick={() => patch(store, 'scores', { further: true })}>
                      Compute further scores
                    </Button>
                  )}
                  {waiting.some(({ how }) => how === 'weights') && (
                    <Button small onClick={() => patch(store, 'scores', { weights: true })}>
                      Compute those of the weights
                    </Button>
                  )}
                </>
              )
            }
          >
            <HeadScores entries={entries} head={head} heads={model.heads} />
          </PageSection>
          {origins.map((origin) => (
            <RetrievalSection key={origin.id} origin={origin} head={head} heads={model.heads} />
          ))}
        </div>
        <div className="hs-head-page__column">
          <PageSection
            title="Distance profile"
            stale={isStale || profile.stale}
            error={profile.error}
            retry={profileKey(run.key, head)}
          >
            <DistanceProfile profile={profile.value} head={head} />
          </PageSection>
          {tokens && (
            <TopTokens profile={profile.value} tokens={tokens} sinks={sinks} stale={isStale || profile.stale} />
          )}
          <SimilarHeads run={run} head={head} heads={model.heads} />
          <Composition model={model} head={head} />
          {summary?.status === 'ready' && (
            <LogitAttribution model={model} run={run} summary={summary.value} head={head} />
          )}
          <BestPrompts entries={entries} head={head} />
          <HeadNotes modelId={model.modelId} head={head} />
        </div>
      </div>
    </section>
  );
}
