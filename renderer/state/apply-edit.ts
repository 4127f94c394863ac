import type { EditState } from './edit-state.ts';
import { recordStep } from './history.ts';
import type { AppStore } from './store.ts';

/** A change that undo takes back; with the same merge key in a row several are one. */
export function applyEdit(store: AppStore, change: Partial<EditState>, mergeKey?: string): void {
  store.setState(({ edit, history }) => ({
    edit: { ...edit, ...change },
    history: recordStep(history, edit, mergeKey),
  }));
}
