/**
 * A scene as pixels, strip by strip, so that a picture of any size takes the memory of a strip.
 *
 * Rasters and ramps are drawn here: the texel under the middle of a pixel, by the rule of the screen, so that a cell
 * has the colour of its value and nothing between. Shapes and outlines of letters are drawn by resvg over them, with
 * coordinates on a fine grid of pixels, so that a strip has the same pixels whatever its height.
 */
import { renderAsync } from '@resvg/resvg-js';
import { CancelledError } from '../../shared/base/app-error.ts';
import { LUT_SIZE } from '../../shared/colour/lut.ts';
import { parseHex, type Rgb } from '../../shared/colour/rgb.ts';
import {
  ASCENT,
  DESCENT,
  flatNodes,
  textCorners,
  type FilledRect,
  type FilledSteps,
  type Line,
  type Polyline,
  type Scene,
  type SceneRamp,
  type SceneRaster,
  type SceneRect,
  type SceneText,
} from '../../shared/figure/scene.ts';
import { escapeXml } from '../../shared/figure/svg.ts';
import { texelUnder } from '../../shared/view/map/texel-under.ts';
import type { Fonts } from './fonts.ts';
import { textPath } from './glyph-path.ts';

export interface RasteriseOptions {
  readonly fonts: Fonts;
  /** Pixels per point. */
  readonly scale: number;
  readonly signal: AbortSignal;
  /** Rows of a strip; by default so many that a strip has about four million pixels. */
  readonly stripRows?: number;
  /** Share that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

const STRIP_PIXELS = 2 ** 22;

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

export function pixelSize({ width, height }: Pick<Scene, 'width' | 'height'>, scale: number): PixelSize {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** RGB rows of the picture, top to bottom, strip by strip. [rows, width, 3] */
export async function* rasterise(scene: Scene, options: RasteriseOptions): AsyncGenerator<Uint8Array> {
  const { scale, signal, fonts } = options;
  const { width, height } = pixelSize(scene, scale);
  const rows = options.stripRows ?? Math.max(16, Math.floor(STRIP_PIXELS / width));
  const shapes = flatNodes(scene.nodes).map((node) => shapeOf(node, fonts, scale));
  const background = parseHex(scene.background)!;
  for (let top = 0; top < height; top += rows) {
    if (signal.aborted) throw new CancelledError();
    const strip: Strip = { top, rows: Math.min(rows, height - top), width, pixels: new Uint8Array(0) };
    strip.pixels = filled(strip, background);
    for (const raster of scene.rasters) await drawRaster(strip, raster, scale);
    for (const ramp of scene.ramps) drawRamp(strip, ramp, scale);
    await drawShapes(strip, shapes, fonts);
    yield strip.pixels;
    options.onProgress?.(Math.min(1, (top + rows) / height));
  }
}

interface Strip {
  readonly top: number;
  readonly rows: number;
  readonly width: number;
  /** [rows, width, 3] */
  pixels: Uint8Array;
}

function filled({ rows, width }: Strip, { r, g, b }: Rgb): Uint8Array {
  const pixels = new Uint8Array(rows * width * 3);
  for (let at = 0; at < pixels.length; at += 3) {
    pixels[at] = r;
    pixels[at + 1] = g;
    pixels[at + 2] = b;
  }
  return pixels;
}

interface PixelRect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Edges are rounded one by one: what touches in the scene touches in the picture. At least one pixel. */
function onPixels({ x, y, width, height }: SceneRect, scale: number): PixelRect {
  const [left, top] = [Math.round(x * scale), Math.round(y * scale)];
  return {
    left,
    top,
    right: Math.max(left + 1, Math.round((x + width) * scale)),
    bottom: Math.max(top + 1, Math.round((y + height) * scale)),
  };
}

async function drawRaster(strip: Strip, { source, ...rect }: SceneRaster, scale: number): Promise<void> {
  const { left, top, right, bottom } = onPixels(rect, scale);
  const [first, end] = [Math.max(top, strip.top), Math.min(bottom, strip.top + strip.rows)];
  if (first >= end) return;
  const rowUnder = (y: number) => texelUnder(y - top, source.rows, bottom - top);
  const firstRow = rowUnder(first);
  const texels = await source.read(firstRow, rowUnder(end - 1) + 1);
  const [from, to] = [Math.max(0, left), Math.min(strip.width, right)];
  const columns = Int32Array.from({ length: to - from }, (_, x) =>
    texelUnder(from + x - left, source.columns, right - left),
  );
  for (let y = first; y < end; y++) {
    const row = (rowUnder(y) - firstRow) * source.columns;
    let at = ((y - strip.top) * strip.width + from) * 3;
    for (let x = 0; x < columns.length; x++, at += 3) {
      const texel = (row + columns[x]!) * 4;
      if (texels[texel + 3] === 0) continue;
      strip.pixels[at] = texels[texel]!;
      strip.pixels[at + 1] = texels[texel + 1]!;
      strip.pixels[at + 2] = texels[texel + 2]!;
    }
  }
}

function drawRamp(strip: Strip, { lut, towards, ...rect }: SceneRamp, scale: number): void {
  const { left, top, right, bottom } = onPixels(rect, scale);
  for (let y = Math.max(top, strip.top); y < Math.min(bottom, strip.top + strip.rows); y++) {
    for (let x = Math.max(0, left); x < Math.min(strip.width, right); x++) {
      const index =
        towards === 'up'
          ? LUT_SIZE - 1 - texelUnder(y - top, LUT_SIZE, bottom - top)
          : texelUnder(x - left, LUT_SIZE, right - left);
      strip.pixels.set(lut.subarray(index * 3, index * 3 + 3), ((y - strip.top) * strip.width + x) * 3);
    }
  }
}

/** A shape with the rows that it touches, as SVG in the pixels of a strip that begins at `top`. */
interface Shape {
  readonly first: number;
  readonly end: number;
  /** Rows around a strip that are drawn with it: a letter that is cut would have other pixels at the cut. */
  readonly marginPx: number;
  /** Fonts of the system are needed. */
  readonly foreign: boolean;
  svg(top: number): string;
}

function shapeOf(node: FilledRect | FilledSteps | Line | Polyline | SceneText, fonts: Fonts, scale: number): Shape {
  switch (node.kind) {
    case 'rect':
      return rectShape(onPixels(node, scale), node.fill);
    case 'line': {
      const half = node.width / 2;
      const [left, right] = [Math.min(node.x1, node.x2), Math.max(node.x1, node.x2)];
      const [top, bottom] = [Math.min(node.y1, node.y2), Math.max(node.y1, node.y2)];
      const upright = left === right;
      // As wide everywhere, wherever it lies between two pixels.
      const px = Math.max(1, Math.round(node.width * scale));
      if (upright) {
        const at = Math.round((left - half) * scale);
        return rectShape({ left: at, right: at + px, ...ends(top, bottom, scale, 'top', 'bottom') }, node.stroke);
      }
      const at = Math.round((top - half) * scale);
      return rectShape({ top: at, bottom: at + px, ...ends(left, right, scale, 'left', 'right') }, node.stroke);
    }
    case 'steps':
      return stepsShape(node, scale);
    case 'polyline':
      return polylineShape(node, scale);
    case 'text':
      return textShape(node, fonts, scale);
  }
}

function ends<A extends string, B extends string>(start: number, end: number, scale: number, a: A, b: B) {
  const from = Math.round(start * scale);
  return { [a]: from, [b]: Math.max(from + 1, Math.round(end * scale)) } as Record<A | B, number>;
}

function rectShape({ left, top, right, bottom }: PixelRect, fill: string): Shape {
  return {
    first: top,
    end: bottom,
    marginPx: 0,
    foreign: false,
    svg: (from) =>
      `<rect x="${left}" y="${top - from}" width="${right - left}" height="${bottom - top}" fill="${fill}"/>`,
  };
}

function stepsShape({ points, fill }: FilledSteps, scale: number): Shape {
  const placed = points.map(([x, y]) => [Math.round(x * scale), Math.round(y * scale)] as const);
  const ys = placed.map(([, y]) => y);
  return {
    first: ys.reduce((least, y) => Math.min(least, y)),
    end: ys.reduce((most, y) => Math.max(most, y)),
    marginPx: 0,
    foreign: false,
    svg: (from) => `<polygon points="${placed.map(([x, y]) => `${x},${y - from}`).join(' ')}" fill="${fill}"/>`,
  };
}

function polylineShape({ points, closed, fill = 'none', stroke, width, dash }: Polyline, scale: number): Shape {
  const onGrid = (value: number) => Math.round(value * scale * 64) / 64;
  const strokePx = Math.max(1, onGrid(width));
  const ys = points.map(([, y]) => onGrid(y));
  const name = closed === true ? 'polygon' : 'polyline';
  const dashes = dash ? ` stroke-dasharray="${dash.map(onGrid).join(' ')}"` : '';
  return {
    first: Math.floor(Math.min(...ys) - strokePx),
    end: Math.ceil(Math.max(...ys) + strokePx),
    marginPx: Math.ceil(2 * strokePx),
    foreign: false,
    svg: (from) => {
      const list = points.map(([x], index) => `${onGrid(x)},${ys[index]! - from}`).join(' ');
      return `<${name} points="${list}" fill="${fill}" stroke="${stroke}" stroke-width="${strokePx}"${dashes}/>`;
    },
  };
}

function textShape(text: SceneText, fonts: Fonts, scale: number): Shape {
  const ys = textCorners(text, fonts.measure).map(([, y]) => y * scale);
  const foreign = fonts.missing(text.text, text.family).length > 0;
  return {
    first: Math.floor(Math.min(...ys)) - 1,
    end: Math.ceil(Math.max(...ys)) + 1,
    // Accents and long descenders reach past the box.
    marginPx: Math.ceil((ASCENT + DESCENT) * text.size * scale),
    foreign,
    svg: (from) =>
      foreign
        ? foreignText(text, scale, from)
        : `<path d="${textPath(text, fonts.font(text.family, text.weight), fonts.measure(text.text, text), scale, from)}" fill="${text.fill}"/>`,
  };
}

function foreignText(
  { x, y, rotate, text, size, family, weight, anchor, fill }: SceneText,
  scale: number,
  from: number,
) {
  const name = family === 'mono' ? 'DejaVu Sans Mono' : 'DejaVu Sans';
  return `<text transform="translate(${x * scale} ${y * scale - from}) rotate(${rotate})" font-family="${name}" font-size="${size * scale}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}" xml:space="preserve">${escapeXml(text)}</text>`;
}

async function drawShapes(strip: Strip, shapes: readonly Shape[], fonts: Fonts): Promise<void> {
  const { top, rows, width, pixels } = strip;
  const here = shapes.filter(({ first, end }) => first < top + rows && end > top);
  if (here.length === 0) return;
  const margin = here.reduce((most, { marginPx }) => Math.max(most, marginPx), 0);
  const from = top - margin;
  const height = rows + 2 * margin;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    ...here.map((shape) => shape.svg(from)),
    '</svg>',
  ].join('');
  const foreign = here.some((shape) => shape.foreign);
  const rendered = await renderAsync(svg, {
    font: { loadSystemFonts: foreign, fontFiles: foreign ? [...fonts.paths] : [] },
  });
  // Premultiplied RGBA. Every look at it is a copy of it.
  const over = rendered.pixels;
  let from4 = margin * width * 4;
  for (let at = 0; at < pixels.length; at += 3, from4 += 4) {
    const alpha = over[from4 + 3]!;
    if (alpha === 0) continue;
    const rest = 255 - alpha;
    for (let channel = 0; channel < 3; channel++) {
      pixels[at + channel] = over[from4 + channel]! + Math.round((pixels[at + channel]! * rest) / 255);
    }
  }
}
