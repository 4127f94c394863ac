/** What is on screen as recipes of figures. Pure; what a recipe leaves open the host fills in. */
import type { FigureRecipeInput, FigureViewId } from '../../shared/figure/recipe.ts';
import type { StoredEffects } from '../../shared/session/stored-effects.ts';
import type { ComparedFigure } from '../compare-runs/compared-figure.ts';
import { changedParameters } from '../engine/score-choice.ts';
import type { FigureSettings } from '../state/figure-state.ts';
import { promptName } from '../state/folds.ts';
import type { GeneratedLine, LineKind } from '../state/generation-state.ts';
import { focusToken } from '../state/selectors.ts';
import type { AppState } from '../state/store.ts';
import type { BrushRegion } from '../state/view-state.ts';

/** The figures that what is on screen can be drawn as, the main one first. `compared`: whether A and B can be compared. */
export function possibleFigures(state: AppState, compared = false): readonly FigureViewId[] {
  const { run, edit, generation } = state;
  if (!run.clean || !edit.head) return [];
  const isCompared = edit.comparison !== undefined && edit.comparison.modelId === state.model.info?.modelId;
  const isOnHead = state.view.centre === 'head';
  const isOnSinks = state.view.dockTab === 'sinks';
  const isOnResults = compared && state.view.centre === 'scores' && state.reference.shown;
  return [
    ...(isOnResults ? (['results'] as const) : []),
    ...(isOnSinks ? (['sinks'] as const) : []),
    ...(isOnHead ? (['head'] as const) : []),
    ...(isCompared ? (['compare'] as const) : []),
    'map',
    'atlas',
    'maps',
    'ranked',
    'scatter',
    'histogram',
    ...(isOnHead ? [] : (['head'] as const)),
    'distance',
    'strip',
    ...(isOnSinks ? [] : (['sinks'] as const)),
    'next',
    ...(run.changed ? (['effect'] as const) : []),
    ...(linesOf(generation.clean, 'clean').length > 0 ? (['generation'] as const) : []),
    ...(compared && !isOnResults ? (['results'] as const) : []),
    ...EFFECT_FIGURES.filter((kind) => state.effects.results[kind] !== undefined),
  ];
}

/** Results that have a figure of their own. */
const EFFECT_FIGURES = ['curve', 'greedy', 'dose', 'random', 'keys', 'patching', 'paths', 'importance'] as const;

/** Undefined where there is nothing of the kind on screen. `compared`: one score of A and B, where both have it. */
export function screenRecipe(
  view: FigureViewId,
  state: AppState,
  compared?: ComparedFigure,
  settings: FigureSettings = state.figure,
  effects: Partial<StoredEffects> = {},
): FigureRecipeInput | undefined {
  const { run: runs, edit, view: shown, generation } = state;
  const { head } = edit;
  if (!runs.clean || !head || !possibleFigures(state, compared !== undefined).includes(view)) return undefined;
  const { widthMm, fontPt, dpi, theme, caption, title } = settings;
  const page = { widthMm, fontPt, dpi, theme, caption, title: title === '' ? null : title };
  const run = shown.shown === 'changed' && runs.changed ? 'changed' : 'clean';
  const { value, reducer, scale, gamma, sinkMode, sinkRule } = shown;
  const region = regionOf(state, settings.area) ?? null;
  const folds = edit.folds
    .filter(({ of }) => of === promptName(runs))
    .map(({ start, end, name }) => ({ start, end, name }));
  const score = shown.scoreId;
  const parameters = changedParameters(state.scores.parameters);
  const options = { value, reducer, scale, gamma, sinkMode, region, folds };
  switch (view) {
    case 'map':
      return { view, ...page, run, head, ...options, sinks: sinkRule, sinkKeys: [...shown.sinkKeys] };
    case 'compare': {
      const { heads, difference } = edit.comparison!;
      const maps = heads.map((one) => ({ run, head: one, minus: null }) as const);
      if (!difference) return { view, ...page, ...options, maps };
      const { of, minus } = difference;
      const other =
        minus === 'clean'
          ? ({ run: 'changed', head: of, minus: { run: 'clean', head: of } } as const)
          : ({ run, head: of, minus: { run, head: minus } } as const);
      return { view, ...page, ...options, maps: [...maps, other] };
    }
    case 'atlas':
      return { view, ...page, run, selected: head, ...(score === undefined ? {} : { score }), parameters, sinkMode };
    case 'maps':
      return { view, ...page, run, selected: head };
    case 'ranked': {
      const sortBy = shown.sortBy ?? score;
      const columns = state.scores.columns ?? [];
      return {
        view,
        ...page,
        run,
        ...(sortBy === undefined ? {} : { sortBy }),
        scores: [...columns],
        parameters,
        sinkMode,
      };
    }
    case 'scatter': {
      const { x = 'sink', y = score } = state.scores.scatter;
      return { view, ...page, run, selected: head, x, ...(y === undefined ? {} : { y }), parameters, sinkMode };
    }
    case 'histogram': {
      const { threshold } = edit.filter;
      const at = threshold && threshold.score === score ? threshold.value : null;
      return { view, ...page, run, ...(score === undefined ? {} : { score }), threshold: at, parameters, sinkMode };
    }
    case 'head':
      return { view, ...page, run, head, parameters };
    case 'distance':
      return { view, ...page, run, head };
    case 'strip':
      return {
        view,
        ...page,
        run,
        head,
        colour: shown.stripColour,
        sinkThreshold: shown.sinkThreshold,
        token: focusToken(state) ?? null,
      };
    case 'sinks':
      return { view, ...page, run, threshold: shown.sinkThreshold, position: edit.pinnedToken ?? null };
    case 'next':
      return { view, ...page };
    case 'effect':
      return { view, ...page };
    case 'generation':
      return {
        view,
        ...page,
        lines: [...linesOf(generation.clean, 'clean'), ...linesOf(generation.changed, 'changed')],
      };
    case 'results':
      return { view, ...page, ...compared!, selected: head };
    case 'curve':
      return effects.curve && { view, ...page, result: effects.curve };
    case 'dose':
      return effects.dose && { view, ...page, result: effects.dose };
    case 'greedy':
      return effects.greedy && { view, ...page, result: effects.greedy };
    case 'random':
      return effects.random && { view, ...page, result: effects.random };
    case 'patching':
      return effects.patching && { view, ...page, result: effects.patching };
    case 'paths':
      return effects.paths && { view, ...page, result: effects.paths };
    case 'keys':
      return effects.keys && { view, ...page, result: effects.keys, by: state.effects.settings.keysBy };
    case 'importance':
      return effects.importance && { view, ...page, result: effects.importance };
  }
}

/** Whole cells. */
function regionOf({ view, run }: AppState, area: FigureSettings['area']): BrushRegion | undefined {
  const tokens = run.clean?.tokens ?? 0;
  if (area === 'rectangle' && view.brush && view.brush.of === run.clean?.key) return view.brush.region;
  if (area !== 'sight' || view.place?.tokens !== tokens) return undefined;
  const { query, key, rows, keys } = view.place;
  return {
    rowStart: Math.floor(query),
    rowEnd: Math.min(tokens, Math.ceil(query + rows)),
    keyStart: Math.floor(key),
    keyEnd: Math.min(tokens, Math.ceil(key + keys)),
  };
}

function linesOf(line: GeneratedLine | undefined, run: LineKind) {
  if (!line || line.tokens.length === 0) return [];
  const tokens = line.tokens.map(({ id, display, text, prob, top }) => ({
    id,
    display,
    text,
    prob,
    top: top.map((choice) => ({ id: choice.id, display: choice.display, prob: choice.prob })),
  }));
  return [{ run, tokens }];
}
