import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { shownRun } from '../state/selectors.ts';
import { formatTime } from './format-time.ts';

/** Above the map of a run that comes from a session file: what it holds, and the way to everything else. */
export function StoredBar() {
  const { session } = useApp();
  const stored = useAppState((state) => shownRun(state)?.stored);
  const file = useAppState((state) => state.file.file);
  const info = useAppState(({ model }) => model.info);
  const isBusy = useAppState(({ run, model }) => run.job !== undefined || model.opening !== undefined);
  if (!stored) return null;
  return (
    <div className="hs-stored" role="status">
      <Badge badge={stored.tensors ? 'exact' : '8-bit'} />
      <p className="hs-ellipsis">
        Stored run{file ? ` of ${formatTime(file.savedAt)}` : ''}.{' '}
        {stored.tensors
          ? 'Maps are recomputed from its tensors.'
          : 'Maps are overviews of the heads that were looked at; other numbers are exact.'}
      </p>
      <Button
        small
        disabled={isBusy}
        title={info ? `Open ${info.name} and run the prompt again` : undefined}
        onClick={() => void session.goLive()}
      >
        Run again
      </Button>
    </div>
  );
}
