import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { runCommand } from '../commands/registry.ts';
import { formatTime } from './format-time.ts';

/** What the session is called and whether it is saved; opens the dialog with everything about files. */
export function SessionButton() {
  const services = useApp();
  const file = useAppState((state) => state.file);
  const name = file.file?.name ?? 'Untitled session';
  const saving = file.job?.kind === 'save';
  const title = [
    file.file ? `${file.file.path}, saved ${formatTime(file.file.savedAt)}` : 'Not saved yet',
    file.dirty && file.autosavedAt ? `unsaved work kept for recovery ${formatTime(file.autosavedAt)}` : '',
  ];
  return (
    <Button
      look="quiet"
      className="hs-top__session"
      aria-haspopup="dialog"
      title={title.filter(Boolean).join('; ')}
      onClick={() => runCommand(services, 'session.show')}
    >
      <span className="hs-ellipsis">{name.replace(/\.headscope$/, '')}</span>{' '}
      <span className="hs-dim hs-small">
        {saving ? 'saving…' : file.dirty ? (file.autosavedAt ? 'unsaved · kept' : 'unsaved') : file.file ? 'saved' : ''}
      </span>
      {file.dirty && <span className="hs-top__dot" aria-hidden="true" />}
    </Button>
  );
}
