import { useAppState } from '../app/use-app-state.ts';
import { Badge } from '../components/Badge.tsx';
import { mapBadge, shownRun } from '../state/selectors.ts';
import { formatTime } from './format-time.ts';

/** Beside Run, while a run of a session file is on screen: what it is, and what can be looked at without running it again. */
export function StoredMark() {
  const run = useAppState(shownRun);
  const file = useAppState((state) => state.file.file);
  const info = useAppState(({ model }) => model.info);
  if (!run?.stored) return null;
  const what = run.stored.tensors
    ? 'Maps are recomputed from the stored tensors'
    : 'Maps are 8-bit overviews of the heads that were looked at; all other numbers are exact';
  return (
    <span
      className="hs-run__estimate"
      role="status"
      title={`${what}. Run opens ${info?.name ?? 'the model'} and computes everything again.`}
    >
      <Badge badge={mapBadge(run)} /> Stored run{file ? `, ${formatTime(file.savedAt)}` : ''}
    </span>
  );
}
