import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { patch } from '../state/store.ts';

/** Free text that is saved with the session. */
export function NotesPanel() {
  const { store } = useApp();
  const text = useAppState(({ notes }) => notes.text);
  return (
    <textarea
      className="hs-notes"
      aria-label="Notes"
      placeholder="Notes on this session. They are saved with it, also as notes.md inside the file."
      value={text}
      onChange={(event) => patch(store, 'notes', { text: event.target.value })}
    />
  );
}
