import type { ReactNode } from 'react';
import { formatDuration } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { useFirstProblem } from '../components/field-problems.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import type { LabJobKind } from '../state/lab-state.ts';

interface LabRunRowProps {
  readonly kind: LabJobKind;
  readonly label: string;
  readonly onRun: () => void;
  /** Why it cannot be asked for now. */
  readonly refusal?: string | undefined;
  readonly children?: ReactNode;
}

/** Begins, watches, cancels and goes on with a comparison; says why it failed. */
export function LabRunRow({ kind, label, onRun, refusal, children }: LabRunRowProps) {
  const { session } = useApp();
  const job = useAppState(({ lab }) => lab.job);
  const isCancelled = useAppState(({ lab }) => lab.cancelled === kind);
  const failed = useAppState(({ lab }) => lab.failed);
  const isLive = useAppState(({ model }) => model.live);
  const isStored = useAppState(({ run }) => run.clean?.stored !== undefined);
  const own = job?.kind === kind ? job : undefined;
  const eta = own?.progress?.etaMs ?? undefined;
  const problem = useFirstProblem();
  const why = refusal ?? problem ?? (isLive ? undefined : 'There is no model to compute it with.');
  return (
    <div className="hs-effects__run">
      {own ? (
        <>
          <Button onClick={() => session.lab.cancel()}>Cancel</Button>
          <span className="hs-effects__progress">
            <ProgressBar label={label} progress={own.progress} />
          </span>
          <span className="hs-dim hs-small" aria-live="polite">
            {own.phase}
            {eta === undefined ? '' : `, about ${formatDuration(eta)} left`}
          </span>
        </>
      ) : (
        <>
          <Button look="primary" disabled={why !== undefined || job !== undefined} title={why} onClick={onRun}>
            {isCancelled ? 'Go on' : label}
          </Button>
          {isCancelled && <span className="hs-dim">What was done so far is kept: it goes on from there.</span>}
          {job !== undefined && <span className="hs-dim">Another job is under way.</span>}
          {why !== undefined && <span className="hs-dim">{why}</span>}
          {!isLive && isStored && <Button onClick={() => void session.goLive()}>Run the prompt</Button>}
          {children}
        </>
      )}
      {failed?.kind === kind && !own && <Message bad text={failed.error.message} hint={failed.error.hint} />}
    </div>
  );
}
