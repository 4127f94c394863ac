import { useApp } from './app-context.ts';
import { useAppState } from './use-app-state.ts';
import { formatBytes, formatCount, formatDuration } from '../../shared/view/format.ts';
import { Button } from '../components/Button.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { StoredMark } from '../session-file/StoredMark.tsx';
import { formatKeys } from '../commands/keys.ts';
import { canRun, isPromptEdited, runsCut, shownRun } from '../state/selectors.ts';

/** Run with what it will cost; while it runs, how far it is and a way out. */
export function RunControl() {
  const { session } = useApp();
  const job = useAppState(({ run }) => run.job);
  const estimate = useAppState(({ prompt }) => prompt.estimate);
  const edited = useAppState(isPromptEdited);
  const hasRun = useAppState(({ run }) => run.clean !== undefined);
  const isStored = useAppState((state) => shownRun(state)?.stored !== undefined);
  const isPossible = useAppState(canRun);
  const cut = useAppState(runsCut);
  const isMac = useAppState(({ host }) => host.platform === 'darwin');

  if (job) {
    const etaMs = job.progress?.etaMs ?? undefined;
    const eta = etaMs === undefined ? '' : ` · ${formatDuration(etaMs)} left`;
    const phase = job.progress?.phase ?? (job.kind === 'clean' ? 'Running' : 'Running ablated');
    return (
      <div className="hs-run">
        <div className="hs-run__progress">
          <span className="hs-small hs-ellipsis">
            {phase}
            {eta}
          </span>
          <ProgressBar label={phase} progress={job.progress} />
        </div>
        <Button onClick={() => session.cancelRun()}>Cancel</Button>
      </div>
    );
  }
  return (
    <div className="hs-run">
      <StoredMark />
      {estimate && !isStored && (
        <span
          className="hs-run__estimate"
          title={`Tokens, expected time and size of a run of this prompt. The engine will take up to ${formatBytes(estimate.peakBytes)}, with the model.`}
        >
          {formatCount(estimate.tokens)} tokens · ~{formatDuration(estimate.milliseconds)} ·{' '}
          {formatBytes(estimate.bytes)}
          {estimate.fits && estimate.onDisk && ' on disk'}
          {!estimate.fits && <strong className="hs-run__warning"> over the memory budget</strong>}
        </span>
      )}
      <Button
        look={edited || !hasRun ? 'primary' : 'plain'}
        disabled={!isPossible}
        onClick={() => void session.runPrompt({ cut })}
        title={`Run the prompt (${formatKeys('mod+enter', isMac)})`}
      >
        Run
      </Button>
    </div>
  );
}
