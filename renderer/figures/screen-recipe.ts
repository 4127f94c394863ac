/** What is on screen as recipes of figures. Pure; what a recipe leaves open the host fills in. */
import type { FigureRecipeInput, FigureViewId } from '../../shared/figure/recipe.ts';
import type { LabRow } from '../../shared/model/lab.ts';
import { shownMaps } from '../../shared/view/lab/method-maps.ts';
import { LAB_COLUMNS } from '../../shared/view/lab/columns.ts';
import type { StoredEffects } from '../../shared/session/stored-effects.ts';
import type { ComparedFigure } from '../compare-runs/compared-figure.ts';
import { changedParameters } from '../engine/score-choice.ts';
import type { PackedLab } from '../session-file/stored-lab.ts';
import type { FigureSettings } from '../state/figure-state.ts';
import { promptName } from '../state/folds.ts';
import type { GeneratedLine, LineKind } from '../state/generation-state.ts';
import { focusToken } from '../state/selectors.ts';
import type { AppState } from '../state/store.ts';
import type { BrushRegion } from '../state/view-state.ts';

/**
 * The figures that what is on screen can be drawn as, the main one first. `compared`: whether A and B can be compared;
 * `lab`: results of the method lab.
 */
export function possibleFigures(state: AppState, compared = false, lab: PackedLab = {}): readonly FigureViewId[] {
  const { run, edit, generation } = state;
  if (!run.clean || !edit.head) return [];
  const isCompared = edit.comparison !== undefined && edit.comparison.modelId === state.model.info?.modelId;
  const isOnHead = state.view.centre === 'head';
  const isOnSinks = state.view.dockTab === 'sinks';
  const isOnResults = compared && state.view.centre === 'scores' && state.reference.shown;
  const labs = labFigures(lab);
  const first = onScreen(state).filter((view) => labs.includes(view));
  return [
    ...first,
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
    ...labs.filter((view) => !first.includes(view)),
  ];
}

/** What there are results for. */
function labFigures({ lab, task, decode }: PackedLab): readonly FigureViewId[] {
  const results = lab?.rows.flatMap(({ result }) => result ?? []) ?? [];
  const hasTrace = results.some(({ trace }) => trace !== null);
  return [
    ...(results.length > 0 ? (['methods', 'method-table', 'kept', 'allocation'] as const) : []),
    ...(hasTrace ? (['ribbon', 'method-maps'] as const) : []),
    ...(task ? (['accuracy'] as const) : []),
    ...(decode ? (['decode'] as const) : []),
  ];
}

/** Figures of the tab that is looked at. */
function onScreen({ view: { centre }, lab }: AppState): readonly FigureViewId[] {
  if (centre === 'decode') return ['decode'];
  if (centre !== 'lab') return [];
  return (
    {
      compare: ['methods', 'method-table'],
      maps: ['method-maps'],
      kept: ['kept', 'ribbon', 'allocation'],
      task: ['accuracy'],
    } as const
  )[lab.shown];
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
  lab: PackedLab = {},
): FigureRecipeInput | undefined {
  const { run: runs, edit, view: shown, generation } = state;
  const { head } = edit;
  if (!runs.clean || !head || !possibleFigures(state, compared !== undefined, lab).includes(view)) return undefined;
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
    case 'methods': {
      const { measure, cost, logCost } = state.lab.settings;
      return lab.lab && { view, ...page, result: lab.lab, measure, cost, log: logCost };
    }
    case 'accuracy': {
      const { measure, cost, logCost } = state.lab.settings;
      const hasAccuracy = lab.task?.rows.some(({ accuracy }) => accuracy !== null) ?? false;
      const shownMeasure = state.lab.taskMeasure ?? (hasAccuracy ? 'accuracy' : measure);
      return lab.task && { view, ...page, result: lab.task, measure: shownMeasure, cost, log: logCost };
    }
    case 'method-table': {
      const columns = LAB_COLUMNS.filter(({ group }) => state.lab.columns.includes(group)).map(({ id }) => id);
      return lab.lab && { view, ...page, result: lab.lab, columns };
    }
    case 'kept':
      return lab.lab && { view, ...page, result: lab.lab, row: rowOf(state, lab), selected: head };
    case 'allocation':
      return lab.lab && { view, ...page, result: lab.lab, rows: alikeRows(state, lab), selected: head };
    case 'ribbon':
      return lab.lab && { view, ...page, result: lab.lab, row: rowOf(state, lab, true), head, query: state.lab.query };
    case 'method-maps':
      return lab.lab && { view, ...page, result: lab.lab, head, maps: mapsOf(state, lab), scale };
    case 'decode':
      return lab.decode && { view, ...page, result: lab.decode };
  }
}

/** The row that is looked at, or else the first one with a result; `traced`: of which the engine knows what it read. */
function rowOf({ lab: { row } }: AppState, { lab }: PackedLab, traced = false): number {
  const rows = lab?.rows ?? [];
  const fits = ({ result }: (typeof rows)[number]) => result !== null && (!traced || result.trace !== null);
  const chosen = rows[row];
  return chosen && fits(chosen) ? row : rows.findIndex(fits);
}

/** Most grids in one figure. */
const MOST_GRIDS = 6;

/** The row that is looked at with others of the same budget: what they share out is comparable. */
function alikeRows(state: AppState, packed: PackedLab): number[] {
  const row = rowOf(state, packed);
  const rows = packed.lab?.rows ?? [];
  const budget = JSON.stringify(rows[row]?.choice.budget);
  const others = rows.flatMap((other, at) =>
    at !== row && other.result && JSON.stringify(other.choice.budget) === budget ? [at] : [],
  );
  return [row, ...others].slice(0, MOST_GRIDS);
}

/** As the tab shows them: of rows of which the engine knows what they read. */
function mapsOf({ lab }: AppState, packed: PackedLab) {
  const rows = packed.lab?.rows ?? [];
  const known = lab.maps.filter(({ row }) => row === null || (rows[row]?.result?.trace ?? null) !== null);
  return shownMaps(known, rows as readonly LabRow[]).map(({ row, value }) => ({ row, value }));
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
