import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { patch, type AppState, type AppStore } from './store.ts';

export function noteOf({ headPage }: AppState, modelId: string, head: HeadId): string {
  return headPage.notes[modelId]?.[formatHead(head)] ?? '';
}

/** An empty note is none. */
export function setNote(store: AppStore, modelId: string, head: HeadId, text: string): void {
  const { notes } = store.getState().headPage;
  const others = Object.entries(notes[modelId] ?? {}).filter(([name]) => name !== formatHead(head));
  const own = Object.fromEntries(text === '' ? others : [...others, [formatHead(head), text]]);
  patch(store, 'headPage', { notes: { ...notes, [modelId]: own } });
}
