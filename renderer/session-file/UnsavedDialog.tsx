import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Dialog } from '../components/Dialog.tsx';

/** Before another session takes the place of unsaved work. */
export function UnsavedDialog() {
  const { session } = useApp();
  const file = useAppState((state) => state.file.file);
  const answer = (what: 'save' | 'abandon' | 'stay') => void session.answerUnsaved(what);
  return (
    <Dialog title="Unsaved changes" onClose={() => answer('stay')}>
      <div className="hs-session">
        <p>
          {file ? `${file.name} has changes` : 'This session has work'} that no file holds. Opening another one takes
          its place.
        </p>
        <div className="hs-session__row">
          <Button look="primary" data-autofocus onClick={() => answer('save')}>
            {file ? 'Save and open' : 'Save first…'}
          </Button>
          <Button onClick={() => answer('abandon')}>Open without saving</Button>
          <Button look="quiet" onClick={() => answer('stay')}>
            Cancel
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
