/** Changes of the lab's settings that undo can take back. */
import { leaving } from './edits.ts';
import { promptName } from './folds.ts';
import { recordStep } from './history.ts';
import type { LabSettings } from './lab-state.ts';
import { joinedSteps, labStep } from './lab-step.ts';
import type { AppStore } from './store.ts';

/** `mergeKey`: changes with the same one in a row are undone at once, such as a budget that is typed. */
export function changeLab(store: AppStore, change: Partial<LabSettings>, mergeKey?: string): void {
  const state = store.getState();
  const { edit, history, lab, run } = state;
  const step = labStep(lab.settings, change, promptName(run));
  if (!step) return;
  const isMerged = mergeKey !== undefined && history.past.at(-1)?.mergeKey === mergeKey;
  store.setState({
    edit: { ...edit, lab: isMerged && edit.lab ? joinedSteps(edit.lab, step) : step },
    history: recordStep(history, leaving(state), mergeKey),
    // Other settings are other work: nothing of them was begun.
    lab: { ...lab, settings: { ...lab.settings, ...change }, cancelled: undefined },
  });
}
