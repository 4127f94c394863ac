/**
 * The one store of the window: ids, parameters and small JSON. Typed arrays, requests and DOM are elsewhere
 * (`engine/data-cache.ts`, `engine/session.ts`). Changed through the functions in this folder, read through selectors.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { initialHost, type HostState } from './connection-state.ts';
import { initialDecode, type DecodeState } from './decode-state.ts';
import { initialEdit, type EditState } from './edit-state.ts';
import { initialEffects, type EffectsState } from './effects-state.ts';
import { initialFile, type FileState } from './file-state.ts';
import { initialFigure, type FigureSettings } from './figure-state.ts';
import { initialGeneration, type GenerationState } from './generation-state.ts';
import { initialHeadPage, type HeadPageState } from './head-page-state.ts';
import { emptyHistory, type History } from './history.ts';
import { initialLab, type LabState } from './lab-state.ts';
import { initialModel, type ModelState } from './model-state.ts';
import { initialNotes, type NotesState } from './notes-state.ts';
import { initialPrefs, type PrefsState } from './prefs-state.ts';
import { initialPrompt, type PromptState } from './prompt-state.ts';
import { initialReference, type ReferenceState } from './reference-state.ts';
import { initialRun, type RunState } from './run-state.ts';
import { initialScores, type ScoresState } from './scores-state.ts';
import { initialUi, type UiState } from './ui-state.ts';
import { initialView, type ViewState } from './view-state.ts';

export interface AppState {
  readonly host: HostState;
  readonly model: ModelState;
  readonly prompt: PromptState;
  readonly run: RunState;
  readonly generation: GenerationState;
  readonly edit: EditState;
  readonly history: History<EditState>;
  readonly view: ViewState;
  readonly headPage: HeadPageState;
  readonly scores: ScoresState;
  readonly effects: EffectsState;
  readonly lab: LabState;
  readonly decode: DecodeState;
  readonly reference: ReferenceState;
  readonly figure: FigureSettings;
  readonly notes: NotesState;
  readonly file: FileState;
  readonly prefs: PrefsState;
  readonly ui: UiState;
}

export type AppStore = StoreApi<AppState>;

export const initialState: AppState = {
  host: initialHost,
  model: initialModel,
  prompt: initialPrompt,
  run: initialRun,
  generation: initialGeneration,
  edit: initialEdit,
  history: emptyHistory,
  view: initialView,
  headPage: initialHeadPage,
  scores: initialScores,
  effects: initialEffects,
  lab: initialLab,
  decode: initialDecode,
  reference: initialReference,
  figure: initialFigure,
  notes: initialNotes,
  file: initialFile,
  prefs: initialPrefs,
  ui: initialUi,
};

export function createAppStore(stored: Partial<AppState> = {}): AppStore {
  return createStore<AppState>(() => ({ ...initialState, ...stored }));
}

/** Sets keys of one slice, leaving the others. */
export function patch<K extends keyof AppState>(store: AppStore, slice: K, change: Partial<AppState[K]>): void {
  store.setState((state) => ({ [slice]: { ...state[slice], ...change } }));
}
