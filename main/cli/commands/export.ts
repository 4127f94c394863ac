import { extname, resolve } from 'node:path';
import { AppError } from '../../../shared/base/app-error.ts';
import type { SavedFigure } from '../../../shared/contract/methods.ts';
import { parseParams } from '../../../shared/contract/parse-params.ts';
import { FIGURE_FORMATS, type FigureFormat } from '../../../shared/figure/formats.ts';
import type { FigureViewId } from '../../../shared/figure/recipe.ts';
import { sessionContext } from '../../../shared/figure/session-context.ts';
import { sessionScores } from '../../../shared/figure/session-scores.ts';
import type { Device } from '../../../shared/model/device.ts';
import { parseInterventions } from '../../../shared/model/intervention-text.ts';
import type { RunSummary } from '../../../shared/model/run.ts';
import type { SessionRole } from '../../../shared/session/manifest.ts';
import { findApp } from '../../files/app-paths.ts';
import { askOf } from '../../figures/ask-handlers.ts';
import { openFonts } from '../../figures/fonts.ts';
import { promptHash } from '../../figures/prompt-hash.ts';
import type { RenderTools } from '../../figures/render-figure.ts';
import { saveFigure } from '../../figures/save-figure.ts';
import { openSessionFile } from '../../files/session/session-file.ts';
import type { UnpackedSession } from '../../files/session/unpack-session.ts';
import type { Console } from '../console.ts';
import { noteDevice } from '../note-device.ts';
import { readPrompt, type PromptSource } from '../prompt-source.ts';
import { withEngine, type EngineSession } from '../with-engine.ts';
import { readFigureRecipe, type ExportRuns, type FigureOptions } from './export-recipe.ts';

export interface ExportOptions extends PromptSource, FigureOptions {
  /** A session file, instead of a model and a prompt. */
  readonly session?: string;
  readonly model?: string;
  readonly ablate?: string;
  readonly format?: string;
  readonly out: string;
  readonly replace: boolean;
  readonly threads?: number;
  readonly device?: Device;
}

/** What `headscope export --json` prints. */
export interface ExportResult extends SavedFigure {
  readonly view: FigureViewId;
  readonly format: FigureFormat;
}

/** `headscope export`: a figure of a view, or its numbers, as a file. */
export async function runExport(console: Console, options: ExportOptions): Promise<void> {
  const format = formatOf(options);
  const out = resolve(options.out);
  const app = findApp();
  const fonts = await openFonts(app.fonts);
  const result = await withEngine(console, options, async (session): Promise<ExportResult> => {
    const found = await (options.session === undefined ? liveRuns : storedRuns)(console, options, session);
    const recipe = await readFigureRecipe(options, found, session);
    const { model, runs, scores } = found;
    const { context } = session;
    const tools: RenderTools = {
      source: {
        model,
        runs,
        promptHash: promptHash(runs.clean.ids),
        ask: askOf(session.engine.handlers, context),
        ...(scores ? { scores } : {}),
      },
      fonts,
      signal: context.signal,
      progress: (progress) => context.progress(progress),
      appVersion: app.version,
    };
    const saved = await saveFigure({ recipe, format, scale: 1, path: out, replace: options.replace }, tools);
    return { ...saved, view: recipe.view, format };
  });
  console.result(result, () => formatExport(result));
}

/** Runs the prompt, and with `--ablate` once more. */
async function liveRuns(
  console: Console,
  options: ExportOptions,
  { engine, context }: EngineSession,
): Promise<ExportRuns> {
  if (options.model === undefined) {
    throw new AppError('bad-request', 'It was not said what to draw.', {
      hint: 'Give --session FILE, or --model demo with --text, --file or --ids.',
    });
  }
  const interventions = parseInterventions(options.ablate ?? '');
  const model = await engine.handlers['model.open']({ path: options.model }, context);
  noteDevice(console, model);
  const prompt = await readPrompt(options, model.bosByDefault);
  const start = (changes: typeof interventions) =>
    engine.handlers['run.start'](parseParams('run.start', { prompt, interventions: changes }), context);
  const clean = await start([]);
  const changed = interventions.length > 0 ? await start(interventions) : undefined;
  return { model, prompt, runs: { clean, ...(changed ? { changed } : {}) } };
}

/** The runs of a session file, as they were stored; no model is needed. */
async function storedRuns(
  console: Console,
  options: ExportOptions,
  { engine, context }: EngineSession,
): Promise<ExportRuns> {
  if (options.model !== undefined || options.ablate !== undefined) {
    throw new AppError('bad-request', 'Both a session and a model were given.', { hint: 'Give one of them.' });
  }
  const session = await openSessionFile(resolve(options.session!));
  for (const warning of session.warnings) console.note(warning);
  const runs = new Map<SessionRole, RunSummary>();
  for (const { role, run, tensors } of session.runs) {
    const summary = await engine.handlers['run.attach']({ runId: `session-${role}`, run, tensors }, context);
    runs.set(role, summary);
  }
  const [clean, changed] = [runs.get('clean'), runs.get('changed')];
  const model = session.runs[0]?.run.model;
  if (!clean || !model) {
    throw new AppError('not-stored', 'This session holds no run to draw.', {
      hint: 'Run a prompt, save the session again, and export from that.',
    });
  }
  return {
    model,
    runs: { clean, ...(changed ? { changed } : {}) },
    prompt: null,
    screen: sessionContext(session.state, clean.ids.length, {
      runs: new Map([...runs].map(([role, { runId }]) => [role, runId])),
      traces: await attachTraces(console, session.traces, runs, { engine, context }),
    }),
    scores: sessionScores(session.state, model),
  };
}

/** What methods read, by the names that the session has for it. */
async function attachTraces(
  console: Console,
  traces: UnpackedSession['traces'],
  runs: ReadonlyMap<SessionRole, RunSummary>,
  { engine, context }: Pick<EngineSession, 'engine' | 'context'>,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const { name, run, trace: stored } of traces) {
    try {
      const runId = (run === null ? undefined : runs.get(run)?.runId) ?? null;
      names.set(name, (await engine.handlers['method.attach']({ stored, runId }, context)).trace);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      console.note(`What a method read (${name}) cannot be used. ${error.message}`);
    }
  }
  return names;
}

/** As said, or as the file is called. */
function formatOf({ format, out }: ExportOptions): FigureFormat {
  const name = format ?? extname(out).slice(1).toLowerCase();
  const known = FIGURE_FORMATS.find((candidate) => candidate === name);
  if (known) return known;
  throw new AppError('bad-request', name === '' ? 'The file has no format.' : `There is no format “${name}”.`, {
    hint: `Give --format, one of ${FIGURE_FORMATS.join(', ')}.`,
  });
}

export function formatExport({ files, pixels, sizeMm, notes }: ExportResult): string {
  const sizes = [
    ...(sizeMm ? [`${sizeMm.width.toFixed(1)} × ${sizeMm.height.toFixed(1)} mm`] : []),
    ...(pixels ? [`${pixels.width} × ${pixels.height} pixels`] : []),
  ];
  return [
    ...files.map(({ path, bytes }) => `Written to ${path}, ${bytes.toLocaleString('en-US')} bytes`),
    ...(sizes.length > 0 ? [sizes.join(', ')] : []),
    ...notes,
  ].join('\n');
}
