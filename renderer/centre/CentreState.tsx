import type { ModelInfo } from '../../shared/model/model-info.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { formatCount, formatDuration } from '../../shared/view/format.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { runCommand } from '../commands/registry.ts';
import { inIdMode } from '../state/selectors.ts';

/** What stands in the map's place while there is no map. */
export function CentreState() {
  const services = useApp();
  const { session } = services;
  const model = useAppState((state) => state.model);
  const job = useAppState(({ run }) => run.job);
  const error = useAppState(({ run }) => run.error);
  const hasRun = useAppState(({ run }) => run.clean !== undefined);
  const idMode = useAppState(inIdMode);
  const connection = useAppState(({ host }) => host.connection.status);

  if (model.opening) {
    return (
      <Waiting
        text={`Opening ${model.opening.path === 'demo' ? 'the shipped model' : model.opening.path}`}
        progress={model.opening.progress}
        onCancel={() => void session.cancelOpening()}
      />
    );
  }
  if (job || hasRun) {
    return <Waiting text="Running the prompt" progress={job?.progress} onCancel={() => session.cancelRun()} />;
  }
  if (connection !== 'open') return <Waiting text="Connecting to the engine" progress={undefined} />;
  if (model.failed && !model.info) {
    const { path, error: failure } = model.failed;
    return (
      <Centre>
        <Message bad text={failure.message} hint={failure.hint}>
          {failure.code === 'engine-died' ? (
            <Button look="primary" onClick={() => runCommand(services, 'engine.restart')}>
              Restart the engine
            </Button>
          ) : (
            <Button look="primary" onClick={() => void session.openModel('demo')}>
              {path === 'demo' ? 'Try again' : 'Open the shipped model'}
            </Button>
          )}
          <Button onClick={() => runCommand(services, 'model.chooseModel')}>Choose a model…</Button>
        </Message>
      </Centre>
    );
  }
  if (!model.info) {
    return (
      <Centre>
        <Message text="No model is open." hint="Open the shipped one, or a folder in Hugging Face layout.">
          <Button look="primary" onClick={() => void session.openModel('demo')}>
            Open the shipped model
          </Button>
          <Button onClick={() => runCommand(services, 'model.chooseModel')}>Choose a model…</Button>
        </Message>
      </Centre>
    );
  }
  return (
    <Centre>
      <Message
        text={error ? 'The prompt could not be run.' : 'Nothing has been run yet.'}
        hint={error ? 'The reason stands under the prompt, on the left.' : firstStep(model.info, idMode)}
      >
        <Button look="primary" onClick={() => runCommand(services, 'prompt.edit')}>
          {idMode ? 'Write token ids' : 'Write a prompt'}
        </Button>
        <Button onClick={() => void session.runPrompt()}>Run</Button>
      </Message>
    </Centre>
  );
}

function firstStep({ vocabSize }: ModelInfo, idMode: boolean): string {
  return idMode
    ? `Write token ids from 0 to ${formatCount(vocabSize - 1)} on the left, separated by commas, then run them.`
    : 'Write a prompt on the left, or take an example, then run it.';
}

function Centre({ children }: { readonly children: React.ReactNode }) {
  return (
    <section className="hs-centre" aria-label="Attention map">
      {children}
    </section>
  );
}

interface WaitingProps {
  readonly text: string;
  readonly progress: React.ComponentProps<typeof ProgressBar>['progress'];
  readonly onCancel?: () => void;
}

function Waiting({ text, progress, onCancel }: WaitingProps) {
  const etaMs = progress?.etaMs ?? undefined;
  const eta = etaMs === undefined ? '' : ` · about ${formatDuration(etaMs)} left`;
  return (
    <Centre>
      <div className="hs-waiting">
        <p>{text}</p>
        <ProgressBar label={text} progress={progress} />
        <p className="hs-dim hs-small">
          {progress?.phase ?? 'Starting'}
          {eta}
        </p>
        {onCancel && (
          <Button small onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
    </Centre>
  );
}
