import type { ReactNode } from 'react';
import type { EffectKind } from '../../shared/model/effect-results.ts';
import { formatDuration } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { useFirstProblem } from '../components/field-problems.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { runToChange } from './effect-requests.ts';

interface RunRowProps {
  readonly kind: EffectKind;
  readonly label: string;
  readonly onRun: () => void;
  /** Why it cannot be asked for now. */
  readonly refusal?: string | undefined;
  /** Needs no run, only a model. */
  readonly withoutRun?: boolean;
  readonly children?: ReactNode;
}

/** Begins, watches, cancels and goes on with a long job; says why it failed. */
export function RunRow({ kind, label, onRun, refusal, withoutRun = false, children }: RunRowProps) {
  const { session } = useApp();
  const job = useAppState(({ effects }) => effects.job);
  const isCancelled = useAppState(({ effects }) => effects.cancelled === kind);
  const failed = useAppState(({ effects }) => effects.failed);
  const run = useAppState(runToChange);
  const isLive = useAppState(({ model }) => model.live);
  const stale = useAppState((state) => state.run.stale);
  const own = job?.kind === kind ? job : undefined;
  const eta = own?.progress?.etaMs ?? undefined;
  const isStored = !withoutRun && run?.stored !== undefined;
  const none = isLive ? undefined : 'There is no model to compute it with.';
  const problem = useFirstProblem();
  const why =
    refusal ?? problem ?? none ?? (!withoutRun && stale ? 'The runs on screen are being made again.' : undefined);
  return (
    <div className="hs-effects__run">
      {own ? (
        <>
          <Button onClick={() => session.effects.cancel()}>Cancel</Button>
          <span className="hs-effects__progress">
            <ProgressBar label={label} progress={own.progress} />
          </span>
          <span className="hs-dim hs-small" aria-live="polite">
            {own.progress?.phase ?? 'Starting'}
            {own.progress && own.progress.total > 1
              ? `, ${Math.floor(own.progress.done)} of ${own.progress.total}`
              : ''}
            {eta === undefined ? '' : `, about ${formatDuration(eta)} left`}
          </span>
        </>
      ) : isStored ? (
        <>
          <Button onClick={() => void session.goLive()}>Run the prompt</Button>
          <span className="hs-dim">What is on screen comes from a file: the model has to run it once more.</span>
        </>
      ) : (
        <>
          <Button look="primary" disabled={why !== undefined || job !== undefined} title={why} onClick={onRun}>
            {isCancelled ? 'Go on' : label}
          </Button>
          {isCancelled && <span className="hs-dim">What was done so far is kept: it goes on from there.</span>}
          {job !== undefined && <span className="hs-dim">Another one is under way.</span>}
          {why !== undefined && <span className="hs-dim">{why}</span>}
          {children}
        </>
      )}
      {failed?.kind === kind && !own && <Message bad text={failed.error.message} hint={failed.error.hint} />}
    </div>
  );
}
