import { useState } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData, useKeptData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { sinksKey, summaryKey } from '../engine/data-keys.ts';
import { pinToken, selectHead } from '../state/edits.ts';
import { shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import { chosenColumn } from '../../shared/view/sinks/sink-readings.ts';
import { OutlierTable } from './OutlierTable.tsx';
import { SinkControls } from './SinkControls.tsx';
import { SinkDetail } from './SinkDetail.tsx';
import { SinkMap } from './SinkMap.tsx';
import './sinks.css';

/** Where heads rest in the run on screen, and what makes them rest there. */
export function SinksPanel() {
  const { store, session } = useApp();
  const model = useAppState((state) => state.model.info);
  const run = useAppState(shownRun);
  const threshold = useAppState(({ view }) => view.sinkThreshold);
  const isStale = useAppState((state) => state.run.stale || state.run.job?.kind === 'clean');
  const head = useAppState(({ edit }) => edit.head);
  const pinned = useAppState(({ edit }) => edit.pinnedToken);
  const [position, setPosition] = useState<number | undefined>(undefined);
  const key = run && sinksKey(run.key, threshold);
  const { value: report, stale, error } = useKeptData(key, run?.key ?? '');
  const summary = useData(run && summaryKey(run.key));
  const tokens = summary?.status === 'ready' ? summary.value.tokens : undefined;

  if (!run || !model) return <p className="hs-sinks__empty">Where heads rest appears here once a prompt has run.</p>;
  if (error) {
    return (
      <Message bad={error.code !== 'not-stored'} text={error.message} hint={error.hint}>
        {error.code !== 'not-stored' && <Button onClick={() => session.retry(key!)}>Try again</Button>}
      </Message>
    );
  }
  if (!report || !tokens) return <ProgressBar label="Looking for sinks" progress={undefined} />;

  const column = chosenColumn(report, position ?? pinned);
  const choose = (next: number) => {
    setPosition(next);
    pinToken(store, next);
  };
  return (
    <section className={classNames('hs-sinks', (stale || isStale) && 'hs-stale')} aria-label="Attention sinks">
      <SinkControls
        report={report}
        threshold={threshold}
        onThreshold={(sinkThreshold) => patch(store, 'view', { sinkThreshold })}
      />
      {column ? (
        <div className="hs-sinks__parts">
          <SinkMap report={report} shape={model} tokens={tokens} chosen={column.position} onChoose={choose} />
          <SinkDetail
            report={report}
            shape={model}
            tokens={tokens}
            column={column}
            selected={head}
            onSelect={(next) => selectHead(store, next)}
          />
          <OutlierTable report={report} shape={model} tokens={tokens} onToken={choose} />
        </div>
      ) : (
        <div className="hs-sinks__parts">
          <p className="hs-sinks__empty">
            No head gives any position more than {threshold} of its attention. Lower the threshold to see where heads
            come closest.
          </p>
          <OutlierTable report={report} shape={model} tokens={tokens} onToken={choose} />
        </div>
      )}
    </section>
  );
}
