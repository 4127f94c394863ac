/** The window's state from the slices of a session file; the host has checked them. What is missing stays as it is. Pure. */
import type { SessionState } from '../../shared/session/session-state.ts';
import type { EditData } from '../../shared/session/slices/edit.ts';
import type { FigureData } from '../../shared/session/slices/figure.ts';
import type { GenerationData } from '../../shared/session/slices/generation.ts';
import type { LayoutData } from '../../shared/session/slices/layout.ts';
import type { NotesData } from '../../shared/session/slices/notes.ts';
import type { PromptData } from '../../shared/session/slices/prompt.ts';
import type { ViewData } from '../../shared/session/slices/view.ts';
import { initialEdit, type EditState } from '../state/edit-state.ts';
import type { GenerationSettings, GenerationState } from '../state/generation-state.ts';
import { emptyHistory } from '../state/history.ts';
import type { RunHandle } from '../state/run-state.ts';
import type { AppState } from '../state/store.ts';
import { DOCK_TABS, initialView, type ViewState } from '../state/view-state.ts';
import type { RestoredScores } from './restore-scores.ts';
import type { RestoredEffects } from './stored-effects.ts';
import type { RestoredLab } from './stored-lab.ts';
import type { RestoredReference } from './stored-reference.ts';

/** `clean`: the run that stored places belong to. */
export function restoreState(
  stored: SessionState,
  clean: RunHandle | undefined,
  before: AppState,
  { scores, headPage, filter }: Pick<RestoredScores, 'scores' | 'headPage' | 'filter'>,
  reference: Pick<RestoredReference, 'pinned' | 'state'>,
  effects: Pick<RestoredEffects, 'state'>,
  { lab, decode, decodeSettings }: Pick<RestoredLab, 'lab' | 'decode' | 'decodeSettings'>,
): Partial<AppState> {
  const prompt = stored['prompt']?.data as PromptData | undefined;
  const edit = stored['edit']?.data as EditData | undefined;
  const view = stored['view']?.data as ViewData | undefined;
  const generation = stored['generation']?.data as GenerationData | undefined;
  const notes = stored['notes']?.data as NotesData | undefined;
  return {
    prompt: {
      ...before.prompt,
      fileError: undefined,
      countError: undefined,
      ...(prompt
        ? { text: prompt.text, idsText: prompt.idsText, bos: prompt.bos, mode: clean ? prompt.mode : 'edit' }
        : {}),
    },
    edit: {
      ...(edit ? editState(edit, before) : { ...initialEdit, prompt: before.edit.prompt }),
      filter,
      reference: reference.pinned,
      decode: decodeSettings,
    },
    reference: reference.state,
    history: emptyHistory,
    view: view ? viewState(view, clean, before.view) : { ...before.view, brush: undefined, place: undefined },
    generation: generation ? generationState(generation) : { ...before.generation, origin: undefined },
    figure: (stored['figure']?.data as FigureData | undefined) ?? before.figure,
    notes: { text: notes?.text ?? '' },
    scores,
    effects: effects.state,
    lab,
    decode,
    headPage,
    ui: { ...before.ui, headChosen: edit?.head !== undefined && edit.head !== null, hoverToken: undefined },
  };
}

/** Sizes of the panels, if the file has them. */
export function restoredLayout(stored: SessionState): LayoutData | undefined {
  return stored['layout']?.data as LayoutData | undefined;
}

/** What the stored runs were made from. */
export function restoredSource(stored: SessionState): PromptData['ran'] {
  return (stored['prompt']?.data as PromptData | undefined)?.ran ?? null;
}

function editState(
  { scenarios, current, compared, head, pinnedToken, comparison, folds }: EditData,
  before: AppState,
): Omit<EditState, 'filter' | 'reference' | 'decode'> {
  const { interventions, finalNorm } = scenarios.find(({ id }) => id === current)!;
  return {
    interventions,
    finalNorm,
    scenarios,
    scenarioId: current,
    comparedId: compared ?? undefined,
    head: head ?? undefined,
    pinnedToken: pinnedToken ?? undefined,
    prompt: { ...before.edit.prompt, left: undefined },
    comparison: comparison ? { ...comparison, difference: comparison.difference ?? undefined } : undefined,
    folds,
    lab: undefined,
  };
}

function viewState(
  { scoreId, sortBy, brush, place, dockTab, ...rest }: ViewData,
  clean: RunHandle | undefined,
  { drawing }: ViewState,
): ViewState {
  return {
    ...rest,
    scoreId: scoreId ?? undefined,
    sortBy: sortBy ?? undefined,
    dockTab: DOCK_TABS.find((tab) => tab === dockTab) ?? initialView.dockTab,
    // What draws is a matter of this machine.
    drawing,
    brush: brush && clean ? { of: clean.key, region: brush } : undefined,
    place: place && place.tokens === clean?.tokens ? place : undefined,
  };
}

function generationState({ settings, origin, clean, changed }: GenerationData): GenerationState {
  const own = ({ topK, topP, ...rest }: GenerationData['settings']): GenerationSettings => ({
    ...rest,
    topK: topK ?? undefined,
    topP: topP ?? undefined,
  });
  return {
    settings: own(settings),
    job: undefined,
    error: undefined,
    origin: origin ? { ...origin, settings: own(origin.settings) } : undefined,
    clean: clean ?? undefined,
    changed: changed ?? undefined,
  };
}
