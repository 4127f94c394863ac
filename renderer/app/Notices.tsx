import { useApp } from './app-context.ts';
import { useAppState } from './use-app-state.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { formatTime } from '../session-file/format-time.ts';
import { runCommand } from '../commands/registry.ts';
import { jobText } from '../scores/job-text.ts';
import { patch } from '../state/store.ts';

/** A line under the top bar: the host or the engine went away, came back, or a model could not be opened; or what goes on meanwhile. */
export function Notices() {
  const services = useApp();
  const { store, supervisor } = services;
  const connection = useAppState(({ host }) => host.connection);
  const notice = useAppState(({ ui }) => ui.notice);
  const failed = useAppState(({ model }) => model.failed);
  const file = useAppState((state) => state.file);
  const dialog = useAppState(({ ui }) => ui.dialog);
  const [recoverable] = file.recoverable;
  const backup = file.error?.details?.['backup'];
  const info = useAppState(({ model }) => model.info);
  const opening = useAppState(({ model }) => model.opening);
  const probe = useAppState(({ scores }) => scores.probe);
  const isBack = useAppState(({ host, run }) => host.engine === 'ready' || run.job !== undefined);
  const restart = (
    <Button small onClick={() => runCommand(services, 'engine.restart')}>
      Restart the engine
    </Button>
  );

  return (
    <div className="hs-notices" aria-live="polite">
      {connection.status === 'lost' && (
        <Line bad text={`${connection.reason} Trying again; what is on screen stays.`}>
          <Button small onClick={() => supervisor.retryNow()}>
            Try now
          </Button>
        </Line>
      )}
      {failed && info && !opening && (
        <Line bad text={`${failed.error.message} ${failed.error.hint ?? ''} Still open: ${info.name}.`}>
          {failed.error.code === 'engine-died' ? (
            restart
          ) : (
            <Button small onClick={() => runCommand(services, 'model.chooseModel')}>
              Choose another model…
            </Button>
          )}
          <Button small look="quiet" onClick={() => patch(store, 'model', { failed: undefined })}>
            Dismiss
          </Button>
        </Line>
      )}
      {info && opening && (
        <Line
          text={`Opening ${opening.path === 'demo' ? 'the shipped model' : opening.path}. ${opening.progress?.phase ?? ''}`}
        >
          <Button small onClick={() => void services.session.cancelOpening()}>
            Cancel
          </Button>
        </Line>
      )}
      {file.job?.kind === 'open' && (
        <Line text={`Opening the session. ${file.job.progress?.phase ?? ''}`}>
          <Button small onClick={() => services.session.files.cancel()}>
            Cancel
          </Button>
        </Line>
      )}
      {probe && dialog !== 'probe' && (
        <Line text={`Scoring over a probe set. ${jobText(probe)}`}>
          <Button small onClick={() => services.session.scores.cancelProbe()}>
            Cancel
          </Button>
        </Line>
      )}
      {file.error && dialog !== 'session' && (
        <Line bad text={`${file.error.message} ${file.error.hint ?? ''}`}>
          {typeof backup === 'string' && (
            <Button small onClick={() => void services.session.openSession(backup)}>
              Open the backup
            </Button>
          )}
          <Button small look="quiet" onClick={() => patch(store, 'file', { error: undefined })}>
            Dismiss
          </Button>
        </Line>
      )}
      {file.warnings.length > 0 && (
        <Line bad text={file.warnings.join(' ')}>
          <Button small look="quiet" onClick={() => patch(store, 'file', { warnings: [] })}>
            Dismiss
          </Button>
        </Line>
      )}
      {recoverable && !file.dirty && connection.status === 'open' && (
        <Line text={`A window ended with unsaved work: ${recoverable.name}, ${formatTime(recoverable.savedAt)}.`}>
          <Button small onClick={() => void services.session.recoverSession(recoverable.id)}>
            Recover
          </Button>
          <Button small look="quiet" onClick={() => void services.session.files.discard(recoverable.id)}>
            Discard
          </Button>
        </Line>
      )}
      {notice && connection.status === 'open' && (
        <Line bad={notice.tone === 'bad'} text={notice.text}>
          {!isBack && !opening && restart}
          <Button small look="quiet" onClick={() => patch(store, 'ui', { notice: undefined })}>
            Dismiss
          </Button>
        </Line>
      )}
    </div>
  );
}

function Line({
  text,
  bad = false,
  children,
}: {
  readonly text: string;
  readonly bad?: boolean;
  readonly children: React.ReactNode;
}) {
  return (
    <div className={classNames('hs-notice', bad && 'hs-notice--bad')}>
      <p>{text}</p>
      {children}
    </div>
  );
}
