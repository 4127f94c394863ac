/** A recipe as a file: picture, numbers or script. */
import { AppError } from '../../shared/base/app-error.ts';
import type { FigureFormat } from '../../shared/figure/formats.ts';
import type { FigureOrigin, OriginOfMap } from '../../shared/figure/origin.ts';
import type { FigureRecipe } from '../../shared/figure/recipe.ts';
import type { RasterSource, Scene } from '../../shared/figure/scene.ts';
import { flatNodes } from '../../shared/figure/scene.ts';
import type { FigureJob, FigureSource } from '../../shared/figure/source.ts';
import { sceneToSvg } from '../../shared/figure/svg.ts';
import { FIGURE_VIEW_NAMES } from '../../shared/figure/view-names.ts';
import type { LoadedFigure } from '../../shared/figure/view.ts';
import { loadRecipe } from '../../shared/figure/views/index.ts';
import type { Progress } from '../../shared/contract/methods.ts';
import type { Badge } from '../../shared/model/badge.ts';
import type { FinalNorm } from '../../shared/model/intervention.ts';
import { formatIntervention } from '../../shared/model/intervention-text.ts';
import { aggregateText, VALUE_NAMES } from '../../shared/view/map/value-words.ts';
import type { Fonts } from './fonts.ts';
import { encodeNpz } from './npz-file.ts';
import { encodePng, pngPieces } from './png-file.ts';
import { pythonScript } from './python-script.ts';
import { pixelSize, rasterise, type PixelSize } from './rasterise.ts';
import { encodeCsv, encodeJson } from './table-files.ts';

export interface RenderRequest {
  readonly recipe: FigureRecipe;
  readonly format: FigureFormat;
  /** Pixels of a PNG, in those that the recipe's dots per inch give. */
  readonly scale: number;
  /** Of the file, without extension: what a script calls its data. */
  readonly name: string;
}

export interface RenderTools {
  readonly source: FigureSource;
  readonly fonts: Fonts;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  readonly appVersion: string;
}

export interface RenderedFigure {
  /** The file, piece by piece. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Of a PNG. */
  readonly pixels: PixelSize | null;
  /** Of a picture. */
  readonly sizeMm: { readonly width: number; readonly height: number } | null;
  /** What the person should know of it, in sentences. */
  readonly notes: readonly string[];
}

/** Texels a side of a raster inside an SVG, and of numbers in a table. */
const MOST_INNER_TEXELS = 4096;
/** A PNG may have more pixels a side by its format, but hardly anything opens them. */
const MOST_PIXELS_A_SIDE = 200_000;
const POINTS_PER_INCH = 72;

export async function renderFigure(request: RenderRequest, tools: RenderTools): Promise<RenderedFigure> {
  const { recipe, format, scale } = request;
  const { fonts, signal, progress, source } = tools;
  const pixelsPerPoint = (recipe.dpi * (format === 'png' ? scale : 1)) / POINTS_PER_INCH;
  const job: FigureJob = {
    source,
    signal,
    measure: fonts.measure,
    pixelsPerPoint,
    mostTexels: format === 'png' ? Infinity : MOST_INNER_TEXELS,
    progress,
  };
  const figure = await loadRecipe(recipe, job);
  if (format === 'png' || format === 'svg') return picture(figure, request, tools, pixelsPerPoint);
  const bytes = await numbers(figure, request, tools);
  return { pieces: once(bytes), pixels: null, sizeMm: null, notes: figure.notes };
}

async function picture(
  figure: LoadedFigure,
  { recipe, format }: RenderRequest,
  tools: RenderTools,
  pixelsPerPoint: number,
): Promise<RenderedFigure> {
  const { fonts, signal, progress, source, appVersion } = tools;
  const scene = figure.scene(fonts.measure);
  const sizeMm = { width: (scene.width * 25.4) / POINTS_PER_INCH, height: (scene.height * 25.4) / POINTS_PER_INCH };
  const notes = [...figure.notes, ...missingLetters(scene, fonts)];
  const metadata = provenance(recipe, figure.origin, source, appVersion);
  if (format === 'svg') {
    const svg = await sceneToSvg(scene, { metadata: JSON.stringify(metadata), encodePng: rasterPng });
    return { pieces: once(Buffer.from(svg, 'utf8')), pixels: null, sizeMm, notes };
  }
  const pixels = pixelSize(scene, pixelsPerPoint);
  if (Math.max(pixels.width, pixels.height) > MOST_PIXELS_A_SIDE) {
    throw new AppError('too-large', `The picture would have ${pixels.width} × ${pixels.height} pixels.`, {
      hint: `Choose fewer dots per inch or a smaller figure: up to ${MOST_PIXELS_A_SIDE.toLocaleString('en-US')} pixels a side.`,
    });
  }
  const rows = rasterise(scene, {
    fonts,
    scale: pixelsPerPoint,
    signal,
    onProgress: (share) => progress({ phase: 'Drawing', done: Math.round(share * 100), total: 100, etaMs: null }),
  });
  const texts = [
    ['Title', scene.title],
    ['Description', scene.description],
    ['Software', `Headscope ${appVersion}`],
    ['headscope', JSON.stringify(metadata)],
  ] as const;
  const info = { ...pixels, channels: 3, pixelsPerInch: pixelsPerPoint * POINTS_PER_INCH, texts } as const;
  return { pieces: pngPieces(info, rows), pixels, sizeMm, notes };
}

async function numbers(
  figure: LoadedFigure,
  { recipe, format, name }: RenderRequest,
  { source, appVersion }: RenderTools,
): Promise<Uint8Array> {
  const about = provenance(recipe, figure.origin, source, appVersion);
  if (format === 'py') {
    const lines = [`${FIGURE_VIEW_NAMES[recipe.view]}, by Headscope ${appVersion}`, ...provenanceLines(about)];
    return Buffer.from(pythonScript(figure, `${name}.npz`, lines), 'utf8');
  }
  const table = await figure.table();
  if (format === 'csv') return encodeCsv(table);
  if (format === 'json') return encodeJson(table, { headscope: about });
  const described = [...table.arrays, ...table.texts].map(({ name: array, about: text }) => `${array}: ${text}`);
  const texts = [...table.texts, { name: 'about', values: [...described, JSON.stringify(about)], about: '' }];
  return encodeNpz(table.arrays, texts);
}

interface Provenance {
  readonly app: string;
  readonly model: { readonly name: string; readonly id: string };
  readonly prompt: { readonly tokens: number; readonly sha256: string };
  readonly badges: readonly Badge[];
  /** In the form of the command line; of the runs that are drawn. */
  readonly interventions: readonly string[];
  /** Of the runs with interventions; absent where it is recomputed. */
  readonly finalNorm?: FinalNorm;
  /** Execution providers of the runs that are drawn. */
  readonly providers: readonly string[];
  /** Of maps: what a texel is. */
  readonly map?: OriginOfMap;
  readonly recipe: FigureRecipe;
}

/** What the figure is of, and the recipe that draws it again from the same runs. */
function provenance(
  recipe: FigureRecipe,
  { badges, interventions, finalNorm, providers, map }: FigureOrigin,
  { model, promptHash, runs }: FigureSource,
  version: string,
): Provenance {
  return {
    app: `Headscope ${version}`,
    model: { name: model.name, id: model.modelId },
    prompt: { tokens: (runs.clean ?? runs.changed)?.ids.length ?? 0, sha256: promptHash },
    badges,
    interventions: interventions.map(formatIntervention),
    ...(finalNorm ? { finalNorm } : {}),
    providers,
    ...(map ? { map } : {}),
    recipe,
  };
}

/** For people. */
function provenanceLines(provenance: Provenance): readonly string[] {
  const { model, prompt, badges, interventions, finalNorm, providers, map } = provenance;
  return [
    `Model ${model.name}, ${model.id}`,
    `Prompt ${prompt.sha256}`,
    `Computed by ${providers.join(', ')}: ${badges.join(', ')}`,
    ...(interventions.length > 0
      ? [`Interventions: ${interventions.join(', ')}${finalNorm ? `; final norm ${finalNorm}` : ''}`]
      : []),
    ...(map
      ? [`Map: ${[VALUE_NAMES[map.value], aggregateText(map.reducer, map.level)].filter(Boolean).join(', ')}`]
      : []),
  ];
}

/** Letters that the figure's own fonts lack make a picture depend on the machine: it must be said. */
function missingLetters({ nodes }: Scene, fonts: Fonts): readonly string[] {
  const missing = new Set<string>();
  for (const node of flatNodes(nodes)) {
    if (node.kind === 'text') for (const letter of fonts.missing(node.text, node.family)) missing.add(letter);
  }
  if (missing.size === 0) return [];
  const shown = [...missing].slice(0, 8).join(' ');
  const count = missing.size === 1 ? '1 character is' : `${missing.size} characters are`;
  return [
    `${count} not in DejaVu, the font of figures (${shown}${missing.size > 8 ? ' …' : ''}): fonts of this system stand in, so the picture may differ on another.`,
  ];
}

/** Base64 of a whole raster. */
async function rasterPng(source: RasterSource): Promise<string> {
  const { rows, columns: width } = source;
  async function* strips(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < rows; start += 256) yield await source.read(start, Math.min(rows, start + 256));
  }
  const info = { width, height: rows, channels: 4, pixelsPerInch: POINTS_PER_INCH, texts: [] } as const;
  return Buffer.from(await encodePng(info, strips())).toString('base64');
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
