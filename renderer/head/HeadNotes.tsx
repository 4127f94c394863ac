import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { MOST_NOTE_LETTERS } from '../../shared/session/score-limits.ts';
import { noteOf, setNote } from '../state/head-notes.ts';
import { PageSection } from './PageSection.tsx';

/** What the user writes about the head; saved with the session. */
export function HeadNotes({ modelId, head }: { readonly modelId: string; readonly head: HeadId }) {
  const { store } = useApp();
  const text = useAppState((state) => noteOf(state, modelId, head));
  return (
    <PageSection title="Notes">
      <textarea
        className="hs-head-notes"
        aria-label={`Notes on ${formatHead(head)}`}
        placeholder={`Notes on ${formatHead(head)}. They are saved with the session.`}
        maxLength={MOST_NOTE_LETTERS}
        value={text}
        onChange={({ target }) => setNote(store, modelId, head, target.value)}
      />
    </PageSection>
  );
}
