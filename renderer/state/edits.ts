/** Every change that undo can take back. */
import { sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { HeadFilter } from '../../shared/view/atlas/head-filter.ts';
import { switchedOn, zeroHead, type Intervention } from '../../shared/model/intervention.ts';
import { interventionsInForce } from '../../shared/model/missing-part.ts';
import { samePlace } from '../../shared/model/place.ts';
import { applyEdit as apply } from './apply-edit.ts';
import { includesHead, withHead, withoutHead, type MapDifference } from './comparison.ts';
import type { DecodeSettings } from './decode-state.ts';
import { initialEdit, type EditState, type PromptContent } from './edit-state.ts';
import { promptName, withFold, withoutFold, type TokenFold } from './folds.ts';
import { emptyHistory, recordStep, redoStep, undoStep, type Travelled } from './history.ts';
import { promptSettings, travelledLab } from './lab-step.ts';
import type { Reference } from './reference-state.ts';
import { patch, type AppState, type AppStore } from './store.ts';

export function selectHead(store: AppStore, head: HeadId): void {
  const { edit, ui } = store.getState();
  if (!ui.headChosen) patch(store, 'ui', { headChosen: true });
  if (edit.head && sameHead(edit.head, head)) return;
  apply(store, { head: { layer: head.layer, head: head.head } }, 'select-head');
}

/** The rule's own choice: no step of its own, because the person did nothing. */
export function selectHeadByRule(store: AppStore, head: HeadId): void {
  patch(store, 'edit', { head });
}

export function pinToken(store: AppStore, index: number | undefined): void {
  if (store.getState().edit.pinnedToken === index) return;
  apply(store, { pinnedToken: index });
}

/** Pins a token that was looked up: stepping through many is undone at once. */
export function markToken(store: AppStore, index: number): void {
  if (store.getState().edit.pinnedToken === index) return;
  apply(store, { pinnedToken: index }, 'mark-token');
}

/** Pins the token, or takes the pin off where it is already. */
export function togglePin(store: AppStore, index: number): void {
  pinToken(store, store.getState().edit.pinnedToken === index ? undefined : index);
}

/** Puts a head beside the others, or begins a comparison with it. */
export function addToComparison(store: AppStore, head: HeadId): void {
  const { edit, model } = store.getState();
  if (!model.info) return;
  const before = edit.comparison ?? { modelId: model.info.modelId, heads: [], difference: undefined };
  const comparison = withHead(before, head);
  if (comparison !== edit.comparison) apply(store, { comparison });
}

/** Takes a head out of the comparison; the last one ends it. */
export function removeFromComparison(store: AppStore, head: HeadId): void {
  const { comparison } = store.getState().edit;
  if (comparison && includesHead(comparison, head)) apply(store, { comparison: withoutHead(comparison, head) });
}

export function setDifference(store: AppStore, difference: MapDifference | undefined): void {
  const { comparison } = store.getState().edit;
  if (comparison) apply(store, { comparison: { ...comparison, difference } });
}

export function endComparison(store: AppStore): void {
  if (store.getState().edit.comparison) apply(store, { comparison: undefined });
}

/** Shows tokens `start` to `end` - 1 of the prompt on screen as one bracket. */
export function foldTokens(store: AppStore, start: number, end: number, name: string): void {
  const { edit, run } = store.getState();
  const of = promptName(run);
  if (of !== undefined && end > start) apply(store, { folds: withFold(edit.folds, { of, start, end, name }) });
}

export function renameFold(store: AppStore, fold: TokenFold, name: string): void {
  const { folds } = store.getState().edit;
  const renamed = folds.map((other) =>
    other.of === fold.of && other.start === fold.start ? { ...other, name } : other,
  );
  apply(store, { folds: renamed }, `rename-fold-${fold.start}`);
}

export function unfold(store: AppStore, fold: TokenFold): void {
  apply(store, { folds: withoutFold(store.getState().edit.folds, fold) });
}

export function unfoldAll(store: AppStore): void {
  if (store.getState().edit.folds.length > 0) apply(store, { folds: [] });
}

/** `gesture`: changes of the same one are undone at once, such as the steps of a slider. */
export function setFilter(store: AppStore, change: Partial<HeadFilter>, gesture?: string): void {
  const filter = { ...store.getState().edit.filter, ...change };
  apply(store, { filter }, gesture && `filter-${gesture}`);
}

/** Pins a result as B, or takes the pin off. */
export function setReference(store: AppStore, reference: Reference | undefined): void {
  if (store.getState().edit.reference !== reference) apply(store, { reference });
}

/** What is generated under in the decode view. `gesture`: changes of the same one in a row are undone at once. */
export function setDecode(store: AppStore, change: Partial<DecodeSettings>, gesture?: string): void {
  const before = store.getState().edit.decode;
  const decode = { ...before, ...change };
  if (JSON.stringify(decode) !== JSON.stringify(before)) apply(store, { decode }, gesture && `decode-${gesture}`);
}

/** `mergeKey`: changes with the same one in a row are undone at once. */
export function setInterventions(store: AppStore, interventions: readonly Intervention[], mergeKey?: string): void {
  const { edit } = store.getState();
  if (JSON.stringify(edit.interventions) === JSON.stringify(interventions)) return;
  apply(store, { interventions }, mergeKey && `${edit.scenarioId}/${mergeKey}`);
  // The first change is made to see what it does; a pinned token says that something else is being looked at.
  const isFirst = interventionsInForce(edit.interventions).length === 0;
  if (isFirst && interventionsInForce(interventions).length > 0 && edit.pinnedToken === undefined)
    patch(store, 'view', { stripColour: 'change' });
}

/** Zeroes the head, or restores it where anything is done to it by name. What is off only is switched on. */
export function toggleAblation(store: AppStore, head: HeadId): void {
  const { interventions } = store.getState().edit;
  const own = interventions.filter(({ where }) => samePlace(where, head));
  if (own.length === 0) {
    setInterventions(store, [...interventions, zeroHead(head)]);
  } else if (own.every(({ off }) => off)) {
    setInterventions(
      store,
      interventions.map((entry) => (own.includes(entry) ? switchedOn(entry) : entry)),
    );
  } else {
    setInterventions(
      store,
      interventions.filter((entry) => !own.includes(entry)),
    );
  }
}

/**
 * Puts other content into the editor, in a step that undo takes back. Whoever listens runs it. `mergeKey`: one step with
 * what was changed before it under the same one.
 */
export function replacePrompt(
  store: AppStore,
  content: PromptContent & { readonly bos?: boolean },
  mergeKey?: string,
): void {
  store.setState((state) => ({
    edit: { ...state.edit, prompt: { version: state.edit.prompt.version + 1, left: undefined } },
    history: recordStep(state.history, leaving(state), mergeKey),
    prompt: { ...state.prompt, ...content, fileError: undefined },
  }));
}

/** What a step, undo or redo leaves behind: with the editor's content as it is now, typing since the last step included. */
export function leaving({ edit, prompt: { text, idsText, bos }, lab, run }: AppState): EditState {
  const left = { text, idsText, bos, lab: promptSettings(lab, promptName(run)) };
  return { ...edit, prompt: { ...edit.prompt, left } };
}

function travel(store: AppStore, travelled: Travelled<EditState> | undefined, way: 'back' | 'forth'): void {
  if (!travelled) return;
  const { run, edit, prompt, lab } = store.getState();
  const tokens = run.clean?.tokens ?? 0;
  const pinned = travelled.value.pinnedToken;
  const isReplaced = travelled.value.prompt.version !== edit.prompt.version;
  const { lab: ofPrompt, ...content } = (isReplaced && travelled.value.prompt.left) || {};
  const step = travelled.value.lab === edit.lab ? undefined : way === 'back' ? edit.lab : travelled.value.lab;
  store.setState({
    // A pin may point past the end of the prompt that is on screen by now.
    edit: { ...travelled.value, pinnedToken: pinned !== undefined && pinned < tokens ? pinned : undefined },
    history: travelled.history,
    ...(isReplaced ? { prompt: { ...prompt, ...content, fileError: undefined } } : {}),
    ...(step || ofPrompt ? { lab: travelledLab(lab, step, way, ofPrompt, promptName(run)) } : {}),
  });
}

export function undo(store: AppStore): void {
  travel(store, undoStep(store.getState().history, leaving(store.getState())), 'back');
}

export function redo(store: AppStore): void {
  travel(store, redoStep(store.getState().history, leaving(store.getState())), 'forth');
}

/**
 * Another model: heads and tokens mean something else, so nothing is left to go back to; but for a comparison that was
 * made with it, before the page was loaded, a result that is pinned to be compared with, and what methods generate with.
 */
export function resetEdits(store: AppStore, modelId: string): void {
  store.setState(({ edit, ui }) => ({
    edit: {
      ...initialEdit,
      prompt: { ...edit.prompt, left: undefined },
      comparison: edit.comparison?.modelId === modelId ? edit.comparison : undefined,
      reference: edit.reference,
      decode: edit.decode,
    },
    history: emptyHistory,
    ui: { ...ui, headChosen: false, hoverToken: undefined },
  }));
}
