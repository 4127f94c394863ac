/** What a session file is given of the window: the state in slices, and which data of the runs was looked at. Pure. */
import type { ParamsOf } from '../../shared/contract/methods.ts';
import { sameHead, type HeadId } from '../../shared/model/head-id.ts';
import type { SessionState } from '../../shared/session/session-state.ts';
import type { DecodeData } from '../../shared/session/slices/decode.ts';
import type { EditData } from '../../shared/session/slices/edit.ts';
import type { EffectsData } from '../../shared/session/slices/effects.ts';
import type { FigureData } from '../../shared/session/slices/figure.ts';
import type { GenerationData } from '../../shared/session/slices/generation.ts';
import type { LabData } from '../../shared/session/slices/lab.ts';
import type { LayoutData } from '../../shared/session/slices/layout.ts';
import type { NotesData } from '../../shared/session/slices/notes.ts';
import type { PromptData } from '../../shared/session/slices/prompt.ts';
import type { ReferenceData } from '../../shared/session/slices/reference.ts';
import type { ScoresData } from '../../shared/session/slices/scores.ts';
import type { ViewData } from '../../shared/session/slices/view.ts';
import type { DataCache } from '../engine/data-cache.ts';
import { profileKey, sinksKey } from '../engine/data-keys.ts';
import { changedParameters } from '../engine/score-choice.ts';
import type { GeneratedLine, GenerationSettings } from '../state/generation-state.ts';
import type { RunHandle } from '../state/run-state.ts';
import { comparedScenario, scenariosOf } from '../state/scenarios.ts';
import { focusToken } from '../state/selectors.ts';
import type { AppState } from '../state/store.ts';
import { collectScores } from './collect-scores.ts';
import { collectEffects } from './stored-effects.ts';
import { collectLab } from './stored-lab.ts';
import { collectReference } from './stored-reference.ts';

type StoredRuns = ParamsOf<'session.save'>['runs'];
type Differences = NonNullable<StoredRuns[number]['choice']['differences']>;

export function collectState(state: AppState, cache: DataCache, layout: LayoutData): SessionState {
  const slice = <Data>(version: number, data: Data) => ({ version, data });
  const { lab, decode } = collectLab(state, cache);
  return {
    prompt: slice<PromptData>(1, promptData(state)),
    edit: slice<EditData>(2, editData(state)),
    view: slice<ViewData>(1, viewData(state)),
    generation: slice<GenerationData>(1, generationData(state)),
    figure: slice<FigureData>(1, state.figure),
    layout: slice<LayoutData>(1, layout),
    notes: slice<NotesData>(1, { text: state.notes.text }),
    scores: slice<ScoresData>(1, collectScores(state, cache).data),
    effects: slice<EffectsData>(1, collectEffects(state, cache).data),
    lab: slice<LabData>(1, lab),
    decode: slice<DecodeData>(1, decode),
    reference: slice<ReferenceData>(1, collectReference(state, cache).data),
  };
}

/** Equal for states between which no work would be lost. Cheap enough for every change. */
export function contentKey(state: AppState): string {
  const { prompt, edit, generation, notes, scores, effects, lab, decode, headPage } = state;
  return JSON.stringify([
    prompt.text,
    prompt.idsText,
    prompt.bos,
    scenariosOf(edit),
    edit.scenarioId,
    edit.comparedId,
    edit.folds,
    edit.comparison,
    edit.pinnedToken,
    edit.reference?.id,
    notes.text,
    generation.clean?.text,
    generation.changed?.text,
    scores.origins,
    effects.results,
    lab.result,
    lab.taskResult,
    decode.result,
    headPage.notes,
  ]);
}

/** The runs on screen with every head, row and map of them that was looked at. */
export function chooseRuns(state: AppState, cache: DataCache): StoredRuns {
  const { clean, changed } = state.run;
  const runs: StoredRuns = [];
  if (clean) runs.push({ role: 'clean', choice: chooseOf(state, cache, clean, null) });
  if (clean && changed) runs.push({ role: 'changed', choice: chooseOf(state, cache, changed, clean.runId) });
  return runs;
}

/** Heads of one run that are kept at most. */
const MOST_HEADS = 256;

function chooseOf(
  state: AppState,
  cache: DataCache,
  run: RunHandle,
  clean: string | null,
): StoredRuns[number]['choice'] {
  const { info } = state.model;
  const { edit, view } = state;
  const heads: HeadId[] = [];
  const add = (head: HeadId | undefined) => {
    if (head && heads.length < MOST_HEADS && !heads.some((other) => sameHead(other, head))) heads.push(head);
  };
  add(edit.head);
  for (const head of edit.comparison?.heads ?? []) add(head);
  for (let layer = 0; layer < (info?.layers ?? 0); layer++) {
    for (let head = 0; head < (info?.heads ?? 0); head++) {
      if (cache.value(profileKey(run.key, { layer, head }))) add({ layer, head });
    }
  }
  const token = focusToken(state);
  const ways = [
    { value: 'probability', reducer: 'max' },
    { value: view.value, reducer: view.reducer },
  ] as const;
  const different = ways[0].value !== ways[1].value || ways[0].reducer !== ways[1].reducer;
  return {
    runId: run.runId,
    heads: heads.map(({ layer, head }) => ({ layer, head })),
    tokenRows: token === undefined ? [] : heads.map(({ layer, head }) => ({ layer, head, index: token })),
    maps: heads.flatMap(({ layer, head }) =>
      (different ? ways : ways.slice(0, 1)).map((way) => ({ layer, head, ...way })),
    ),
    differences: differencesOf(state, clean !== null),
    scoreParameters: changedParameters(state.scores.parameters),
    ...(cache.value(sinksKey(run.key, view.sinkThreshold)) ? { sinkThreshold: view.sinkThreshold } : {}),
    clean,
  };
}

/** The difference that is on screen, if the run has it. */
function differencesOf({ edit, view }: AppState, isChanged: boolean): Differences {
  const difference = edit.comparison?.difference;
  if (!difference || (difference.minus === 'clean' && !isChanged)) return [];
  const { of, minus } = difference;
  const reducer = view.reducer === 'min' ? 'max' : view.reducer;
  return [
    {
      layer: of.layer,
      head: of.head,
      reducer,
      minus: minus === 'clean' ? { ...of, run: 'clean' } : { ...minus, run: 'same' },
    },
  ];
}

function promptData({ prompt, run }: AppState): PromptData {
  const { text, idsText, bos, mode } = prompt;
  return { text, idsText, bos, mode, ran: run.source ? { source: run.source, cut: run.cut } : null };
}

function editData({ edit }: AppState): EditData {
  const { head, pinnedToken, comparison, folds } = edit;
  return {
    scenarios: scenariosOf(edit).map((one) => ({ ...one, interventions: [...one.interventions] })),
    current: edit.scenarioId,
    compared: comparedScenario(edit)?.id ?? null,
    head: head ?? null,
    pinnedToken: pinnedToken ?? null,
    comparison: comparison
      ? {
          modelId: comparison.modelId,
          heads: [...comparison.heads],
          difference: comparison.difference ?? null,
        }
      : null,
    folds: [...folds],
  };
}

function viewData({ view, run }: AppState): ViewData {
  const { value, reducer, scale, gamma, sinkMode, sinkRule, shown, stripColour, atlasCells, centre, dockTab } = view;
  const { brushing, brush, place } = view;
  return {
    value,
    reducer,
    scale,
    gamma,
    sinkMode,
    sinkRule,
    sinkKeys: [...view.sinkKeys],
    shown,
    split: view.split,
    stripColour,
    sinkThreshold: view.sinkThreshold,
    scoreId: view.scoreId ?? null,
    sortBy: view.sortBy ?? null,
    atlasCells,
    centre,
    dockTab,
    brushing,
    brush: brush && brush.of === run.clean?.key ? brush.region : null,
    place: place ?? null,
  };
}

function generationData({ generation }: AppState): GenerationData {
  const { settings, origin, clean, changed } = generation;
  const stored = ({ topK, topP, ...rest }: GenerationSettings) => ({ ...rest, topK: topK ?? null, topP: topP ?? null });
  const line = (from: GeneratedLine | undefined) =>
    from
      ? {
          ...from,
          tokens: from.tokens.map((token) => ({ ...token, top: [...token.top] })),
          end: from.end ?? ('interrupted' as const),
        }
      : null;
  return {
    settings: stored(settings),
    origin: origin ? { ...origin, interventions: [...origin.interventions], settings: stored(origin.settings) } : null,
    clean: line(clean),
    changed: line(changed),
  };
}
