/** Options of `headscope export` as a recipe. */
import { readFile } from 'node:fs/promises';
import { AppError } from '../../../shared/base/app-error.ts';
import type { Prompt } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import type { BroughtScore } from '../../../shared/figure/brought-score.ts';
import { defaultRecipe, type FigureContext } from '../../../shared/figure/default-recipe.ts';
import { FIGURE_VIEWS, parseRecipe, type FigureRecipe, type FigureViewId } from '../../../shared/figure/recipe.ts';
import { parseHead, type HeadId } from '../../../shared/model/head-id.ts';
import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { RunSummary } from '../../../shared/model/run.ts';
import type { EngineSession } from '../with-engine.ts';

export interface FigureOptions {
  readonly view?: string;
  /** A JSON file, as figures carry it within. */
  readonly recipe?: string;
  /** One, or several separated by commas; `L1H2-L1H3` is a difference. */
  readonly head?: string;
  /** `clean` or `changed`. */
  readonly run?: string;
  readonly score?: string;
  readonly token?: number;
  readonly widthMm?: number;
  readonly heightMm?: number;
  readonly fontPt?: number;
  readonly title?: string;
  /** False with `--no-caption`. */
  readonly caption: boolean;
  readonly theme?: string;
  readonly dpi?: number;
  /** Of the view `generation`. */
  readonly generate?: number;
  /** Any other field of the recipe, `name=value`. */
  readonly set: readonly string[];
}

/** What there is to be drawn. */
export interface ExportRuns {
  readonly model: ModelInfo;
  readonly runs: { readonly clean: RunSummary; readonly changed?: RunSummary };
  /** Null where the model is not there to go on from it. */
  readonly prompt: Prompt | null;
  /** What a session says of the screen. */
  readonly screen?: FigureContext;
  /** Scores of a session that come from elsewhere. */
  readonly scores?: readonly BroughtScore[];
}

interface MapName {
  readonly run: 'clean' | 'changed';
  readonly head: HeadId;
  readonly minus: { readonly run: 'clean' | 'changed'; readonly head: HeadId } | null;
}

/** Throws `bad-request` for what is no recipe. */
export async function readFigureRecipe(
  options: FigureOptions,
  found: ExportRuns,
  session: EngineSession,
): Promise<FigureRecipe> {
  const page = given(options, ['widthMm', 'heightMm', 'fontPt', 'title', 'theme', 'dpi']);
  const changes = { ...page, ...(options.caption ? {} : { caption: false }), ...settings(options.set) };
  if (options.recipe !== undefined) return parseRecipe({ ...(await readJson(options.recipe)), ...changes });
  const view = viewOf(options.view ?? '');
  if (view === 'results') {
    throw new AppError('bad-request', 'The view results is of two results, and nothing here says which.', {
      hint: 'Save the figure in the window and give the recipe that it carries with --recipe.',
    });
  }
  const run = options.run === undefined ? undefined : roleOf(options.run);
  const maps = (options.head ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => mapOf(part, run ?? 'clean', found));
  const [first] = maps;
  const { screen } = found;
  if (!first && !screen && HEAD_VIEWS.includes(view)) {
    throw new AppError('bad-request', `The view ${view} is of a head, but none was given.`, {
      hint: 'Add --head L0H1.',
    });
  }
  const context: FigureContext = {
    ...(screen ?? { head: { layer: 0, head: 0 } }),
    ...(first ? { head: first.head, compared: maps } : {}),
    ...(run ? { run } : {}),
    ...given(options, ['score', 'token']),
  };
  const lines = view === 'generation' ? { generation: await generate(options, found, session) } : {};
  const recipe = defaultRecipe(view, { ...context, ...lines });
  return parseRecipe({
    ...recipe,
    ...('selected' in recipe && !first ? { selected: null } : {}),
    ...(view === 'map' && first?.minus ? { minus: first.minus } : {}),
    ...changes,
  });
}

const HEAD_VIEWS: readonly FigureViewId[] = ['map', 'distance', 'strip', 'compare'];

function viewOf(name: string): FigureViewId {
  const known = FIGURE_VIEWS.find((candidate) => candidate === name);
  if (known) return known;
  throw new AppError('bad-request', name === '' ? 'No view was given.' : `There is no view “${name}”.`, {
    hint: `Give --view, one of ${FIGURE_VIEWS.join(', ')}.`,
  });
}

function given<K extends keyof FigureOptions>(
  options: FigureOptions,
  names: readonly K[],
): Partial<Pick<FigureOptions, K>> {
  const present = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]] as const);
  return Object.fromEntries(present) as Partial<Pick<FigureOptions, K>>;
}

/** `gamma=0.7`, `folds=[...]`, `reducer=mean`: JSON where it is some, else a text. */
function settings(pairs: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new AppError('bad-request', `“${pair}” sets nothing.`, { hint: 'Write --set gamma=0.7.' });
      const text = pair.slice(at + 1);
      try {
        return [pair.slice(0, at), JSON.parse(text) as unknown];
      } catch {
        return [pair.slice(0, at), text];
      }
    }),
  );
}

/** A head, or the difference of two; `L1H2:changed` is of the run with the interventions. */
function mapOf(text: string, run: MapName['run'], { model }: ExportRuns): MapName {
  const [of = '', minus, ...rest] = text.split('-');
  const one = (part: string): { run: MapName['run']; head: HeadId } => {
    const [name = '', role] = part.split(':');
    const head = parseHead(name);
    if (!head || head.layer >= model.layers || head.head >= model.heads) {
      throw new AppError('bad-request', `“${part}” is no head of this model.`, {
        hint: `It has ${model.layers} layers of ${model.heads} heads: write L0H0 to L${model.layers - 1}H${model.heads - 1}.`,
      });
    }
    return { head, run: role === undefined ? run : roleOf(role) };
  };
  if (rest.length > 0)
    throw new AppError('bad-request', `“${text}” is no difference of two heads.`, { hint: 'Write L1H2-L1H3.' });
  return { ...one(of), minus: minus === undefined ? null : one(minus) };
}

function roleOf(text: string): MapName['run'] {
  if (text === 'clean' || text === 'changed') return text;
  throw new AppError('bad-request', `There is no run “${text}”.`, { hint: 'Runs are clean and changed.' });
}

async function readJson(path: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null) return 'recipe' in value ? (value.recipe as object) : value;
  } catch (cause) {
    throw new AppError('bad-request', `${path} could not be read as JSON.`, {
      hint: 'Check the path and the file.',
      cause,
    });
  }
  throw new AppError('bad-request', `${path} holds no recipe.`, { hint: 'Give the JSON object of a figure.' });
}

const DEFAULT_TOKENS = 24;

/** The prompt's continuation, in both runs where there are two. */
async function generate(
  { generate: maxTokens = DEFAULT_TOKENS }: FigureOptions,
  { runs, prompt, screen }: ExportRuns,
  { engine, context }: EngineSession,
): Promise<NonNullable<FigureContext['generation']>> {
  if (screen?.generation) return screen.generation;
  if (prompt === null) {
    throw new AppError('not-stored', 'This session holds no generated text, and no model to generate some.', {
      hint: 'Give --model with a prompt instead of --session.',
    });
  }
  const lines = [];
  for (const [run, summary] of Object.entries(runs) as ['clean' | 'changed', RunSummary][]) {
    const { interventions } = summary;
    const request = { prompt, interventions: [...interventions], maxTokens, sampling: { kind: 'greedy' as const } };
    const { tokens } = await engine.handlers['generate.start'](parseParams('generate.start', request), context);
    lines.push({
      run,
      tokens: tokens.map(({ id, display, text, prob, top }) => ({
        id,
        display,
        text,
        prob,
        top: top.map((choice) => ({ id: choice.id, display: choice.display, prob: choice.prob })),
      })),
    });
  }
  return lines.filter(({ tokens }) => tokens.length > 0);
}
