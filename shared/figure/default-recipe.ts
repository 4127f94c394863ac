import { AppError } from '../base/app-error.ts';
import type { LabRow } from '../model/lab.ts';
import type { HeadId } from '../model/head-id.ts';
import type { StoredEffects } from '../session/stored-effects.ts';
import type { StoredDecode, StoredLabResult, StoredLabTask } from '../session/stored-lab.ts';
import { shownMaps, type MethodMap } from '../view/lab/method-maps.ts';
import {
  figureRecipeSchema,
  type FigureGeneratedToken,
  type FigureRecipe,
  type FigureRecipeInput,
  type FigureViewId,
  type RecipeOf,
} from './recipe.ts';

type MapOptions = Pick<
  RecipeOf<'map'>,
  'value' | 'reducer' | 'scale' | 'gamma' | 'sinkMode' | 'sinks' | 'sinkKeys' | 'folds'
>;

/** What is on screen, as far as a recipe can be filled from it. */
export interface FigureContext {
  /** The selected head. */
  readonly head: HeadId;
  /** The run on screen. */
  readonly run?: 'clean' | 'changed';
  /** The score of the atlas. */
  readonly score?: string;
  /** The pinned token, for the token strip. */
  readonly token?: number;
  /** How maps are seen. */
  readonly map?: Partial<MapOptions>;
  /** Colours of the token strip. */
  readonly colour?: 'outgoing' | 'incoming' | 'change' | 'sinks';
  /** The sinks view. */
  readonly sinks?: Partial<Pick<RecipeOf<'sinks'>, 'threshold' | 'position'>>;
  /** Maps side by side. */
  readonly compared?: readonly {
    readonly run: 'clean' | 'changed';
    readonly head: HeadId;
    readonly minus: { readonly run: 'clean' | 'changed'; readonly head: HeadId } | null;
  }[];
  readonly generation?: readonly {
    readonly run: 'clean' | 'changed';
    readonly tokens: readonly FigureGeneratedToken[];
  }[];
  /** Results of sweeps and patching. */
  readonly effects?: Partial<StoredEffects>;
  /** Results of the method lab, and what of them is looked at. */
  readonly lab?: {
    readonly result?: StoredLabResult | undefined;
    readonly task?: StoredLabTask | undefined;
    readonly decode?: StoredDecode | undefined;
    readonly plot?: Partial<Pick<RecipeOf<'methods'>, 'measure' | 'cost' | 'log'>>;
    readonly row?: number;
    readonly query?: number | null;
    readonly maps?: readonly MethodMap[];
  };
  /** One score of two results. */
  readonly results?: Pick<Extract<FigureRecipeInput, { view: 'results' }>, 'score' | 'a' | 'b' | 'remarks'>;
}

/**
 * The recipe that a figure dialog begins with: 180 mm wide (two columns of a journal), 7 pt, white, 300 dots per inch,
 * with the view's own title and a caption; options of the view as it is first seen on screen. Everything else the
 * dialog sets itself: spread it over the result and parse it with `figureRecipeSchema`.
 */
export function defaultRecipe(view: FigureViewId, context: FigureContext): FigureRecipe {
  const {
    head,
    run = 'clean',
    score,
    token,
    map = {},
    colour,
    sinks,
    compared,
    generation,
    results,
    effects = {},
    lab = {},
  } = context;

  const sinkMode = map.sinkMode ?? undefined;
  const given = {
    map: { head, run, ...map },
    compare: { maps: compared ?? [{ run, head, minus: null }], ...map },
    atlas: { run, sinkMode, selected: head, ...(score === undefined ? {} : { score }) },
    maps: { run, selected: head },
    ranked: { run, sinkMode, ...(score === undefined ? {} : { sortBy: score }) },
    scatter: { run, sinkMode, selected: head, ...(score === undefined ? {} : { y: score }) },
    histogram: { run, sinkMode, ...(score === undefined ? {} : { score }) },
    head: { run, head },
    distance: { run, head },
    strip: { run, head, ...(token === undefined ? {} : { token }), ...(colour ? { colour } : {}) },
    sinks: { run, ...(sinks ?? {}) },
    next: {},
    effect: {},
    generation: { lines: generation ?? [] },
    results: { selected: head, ...results },
    curve: { result: effects.curve },
    dose: { result: effects.dose },
    greedy: { result: effects.greedy },
    random: { result: effects.random },
    patching: { result: effects.patching },
    paths: { result: effects.paths },
    keys: { result: effects.keys },
    importance: { result: effects.importance },
    methods: { result: lab.result, ...lab.plot },
    accuracy: { result: lab.task },
    'method-table': { result: lab.result },
    allocation: { result: lab.result, rows: [lab.row ?? 0], selected: head },
    kept: { result: lab.result, row: lab.row, selected: head },
    ribbon: { result: lab.result, row: lab.row, head, query: lab.query },
    'method-maps': { result: lab.result, head, maps: lab.maps ?? firstMaps(lab.result) },
    decode: { result: lab.decode },
  }[view];
  const kind = EFFECT_VIEWS.find((one) => one === view);
  if (kind !== undefined && effects[kind] === undefined) {
    throw new AppError('bad-request', `There is no result of the view ${view} to draw.`, {
      hint: 'Compute it in the window, under Effects, and save the session.',
    });
  }
  if (LAB_VIEWS.some((one) => one === view) && (given as { readonly result?: unknown }).result === undefined) {
    throw new AppError('bad-request', `There is no result of the view ${view} to draw.`, {
      hint: 'Compute it in the window, in the method lab or under Decode, and save the session.',
    });
  }
  return figureRecipeSchema.parse({ view, ...given });
}

/** Views of results, which travel in the recipe. */
const EFFECT_VIEWS = [
  'curve',
  'dose',
  'greedy',
  'random',
  'patching',
  'paths',
  'keys',
  'importance',
] as const satisfies readonly FigureViewId[];

const LAB_VIEWS = [
  'methods',
  'accuracy',
  'method-table',
  'allocation',
  'kept',
  'ribbon',
  'method-maps',
  'decode',
] as const satisfies readonly FigureViewId[];

function firstMaps(result: StoredLabResult | undefined): readonly MethodMap[] {
  return shownMaps([], (result?.rows ?? []) as readonly LabRow[]);
}
