/** Figures for the window: small ones as bytes, any as files. */
import { basename, extname } from 'node:path';
import { AppError } from '../../shared/base/app-error.ts';
import type { CallContext, Handlers } from '../../shared/contract/handlers.ts';
import type { ParsedParamsOf } from '../../shared/contract/methods.ts';
import { MEDIA_TYPES } from '../../shared/figure/formats.ts';
import type { PathGuard } from '../models/path-guard.ts';
import { askOf } from './ask-handlers.ts';
import { openFonts } from './fonts.ts';
import type { KnownRuns } from './known-runs.ts';
import { promptHash } from './prompt-hash.ts';
import { renderFigure, type RenderedFigure, type RenderTools } from './render-figure.ts';
import { saveFigure } from './save-figure.ts';

export interface FigureHandlersOptions {
  readonly runs: KnownRuns;
  readonly guard: Pick<PathGuard, 'checkPlace'>;
  /** Folder of the fonts. */
  readonly fonts: string;
  readonly appVersion: string;
}

/** What a page is sent at once; more belongs into a file. */
const MOST_BYTES = 64 * 2 ** 20;
const MOST_PIXELS = 2 ** 26;

export function createFigureHandlers(options: FigureHandlersOptions): Handlers<'figure.render' | 'figure.save'> {
  return {
    async 'figure.render'(params, context) {
      const name = params.recipe.view;
      const figure = await renderFigure({ ...params, name }, await toolsFor(options, params, context));
      const { pixels, sizeMm, notes } = figure;
      if (pixels && pixels.width * pixels.height > MOST_PIXELS) {
        throw tooLarge(`The picture has ${pixels.width} × ${pixels.height} pixels, too many to be sent at once.`);
      }
      const { format } = params;
      return {
        bytes: await gather(figure),
        name: `${name}.${format}`,
        mediaType: MEDIA_TYPES[format],
        pixels,
        sizeMm,
        notes,
      };
    },

    async 'figure.save'(params, context) {
      const path = await options.guard.checkPlace(withFormat(params.path, params.format));
      const tools = await toolsFor(options, params, context);
      return saveFigure({ ...params, path }, tools);
    },
  };
}

async function toolsFor(
  { runs, fonts, appVersion }: FigureHandlersOptions,
  { runs: asked, scores }: Pick<ParsedParamsOf<'figure.render'>, 'runs' | 'scores'>,
  context: CallContext,
): Promise<RenderTools> {
  const clean = runs.runOf(asked.clean);
  const changed = asked.changed === null ? undefined : runs.runOf(asked.changed);
  return {
    source: {
      model: clean.model,
      runs: { clean: clean.summary, ...(changed ? { changed: changed.summary } : {}) },
      promptHash: promptHash(clean.summary.ids),
      ask: askOf(runs.handlers, context),
      scores,
    },
    fonts: await openFonts(fonts),
    signal: context.signal,
    progress: (progress) => context.progress(progress),
    appVersion,
  };
}

async function gather({ pieces }: RenderedFigure): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw tooLarge('The figure has more bytes than are sent at once.');
    parts.push(piece);
  }
  return Buffer.concat(parts);
}

function tooLarge(found: string): AppError {
  return new AppError('too-large', found, { hint: 'Save it to a file, or choose fewer dots per inch.' });
}

/** The path with the extension of its format. */
function withFormat(path: string, format: string): string {
  return extname(basename(path)).toLowerCase() === `.${format}` ? path : `${path}.${format}`;
}
