/** A scene as SVG: text as text, shapes as shapes, rasters as pictures within. The same scene gives the same bytes. */
import { gradientStops } from '../view/map/gradient-stops.ts';
import type { FontFamily, RasterSource, Scene, SceneNode, SceneRamp, SceneRaster, SceneText } from './scene.ts';

export interface SvgOptions {
  /** Kept inside, for who wants the figure again: JSON. */
  readonly metadata: string;
  /** The rows of a raster as a PNG file in base64. */
  readonly encodePng: (source: RasterSource) => Promise<string>;
}

const FAMILIES: Readonly<Record<FontFamily, string>> = {
  sans: "'DejaVu Sans', Verdana, sans-serif",
  mono: "'DejaVu Sans Mono', Menlo, Consolas, monospace",
};

const MM_PER_POINT = 25.4 / 72;

export async function sceneToSvg(scene: Scene, { metadata, encodePng }: SvgOptions): Promise<string> {
  const { width, height } = scene;
  const images: string[] = [];
  for (const raster of scene.rasters) images.push(imageOf(raster, await encodePng(raster.source)));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${short(width * MM_PER_POINT)}mm" height="${short(height * MM_PER_POINT)}mm" viewBox="0 0 ${short(width)} ${short(height)}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(scene.title)}</title>`,
    `<desc id="description">${escapeXml(scene.description)}</desc>`,
    `<metadata>${escapeXml(metadata)}</metadata>`,
    ...scene.ramps.map(gradientOf),
    `<rect width="${short(width)}" height="${short(height)}" fill="${scene.background}"/>`,
    ...images,
    ...scene.ramps.map(({ x, y, width: w, height: h }, index) => {
      return `<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" fill="url(#ramp-${index})"/>`;
    }),
    ...scene.nodes.map(nodeOf),
    '</svg>',
    '',
  ].join('\n');
}

function nodeOf(node: SceneNode): string {
  switch (node.kind) {
    case 'group':
      return [`<g class="${escapeXml(node.name)}">`, ...node.nodes.map(nodeOf), '</g>'].join('\n');
    case 'rect':
      return `<rect x="${short(node.x)}" y="${short(node.y)}" width="${short(node.width)}" height="${short(node.height)}" fill="${node.fill}"/>`;
    case 'steps': {
      const points = node.points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
      return `<polygon points="${points}" fill="${node.fill}"/>`;
    }
    case 'line':
      return `<line x1="${short(node.x1)}" y1="${short(node.y1)}" x2="${short(node.x2)}" y2="${short(node.y2)}" stroke="${node.stroke}" stroke-width="${short(node.width)}"/>`;
    case 'polyline': {
      const points = node.points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
      const dash = node.dash ? ` stroke-dasharray="${node.dash.map(short).join(' ')}"` : '';
      const name = node.closed === true ? 'polygon' : 'polyline';
      return `<${name} points="${points}" fill="${node.fill ?? 'none'}" stroke="${node.stroke}" stroke-width="${short(node.width)}"${dash}/>`;
    }
    case 'text':
      return textElement(node);
  }
}

function textElement({ x, y, rotate, text, size, family, weight, anchor, fill }: SceneText): string {
  const place =
    rotate === 0
      ? `x="${short(x)}" y="${short(y)}"`
      : `transform="translate(${short(x)} ${short(y)}) rotate(${short(rotate)})"`;
  const bold = weight === 'bold' ? ' font-weight="bold"' : '';
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text ${place} font-family="${FAMILIES[family]}" font-size="${short(size)}"${bold}${anchored} fill="${fill}" xml:space="preserve">${escapeXml(text)}</text>`;
}

function imageOf({ x, y, width, height }: SceneRaster, png: string): string {
  return `<image x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" preserveAspectRatio="none" image-rendering="optimizeSpeed" style="image-rendering:pixelated" href="data:image/png;base64,${png}"/>`;
}

function gradientOf({ lut, towards }: SceneRamp, index: number): string {
  const line = towards === 'up' ? 'x1="0" y1="1" x2="0" y2="0"' : 'x1="0" y1="0" x2="1" y2="0"';
  const stops = gradientStops(lut).map(
    ({ offset, colour }) => `<stop offset="${short(offset)}" stop-color="${colour}"/>`,
  );
  return `<linearGradient id="ramp-${index}" ${line}>${stops.join('')}</linearGradient>`;
}

/** A number to a thousandth, without trailing zeros. */
export function short(value: number): string {
  const rounded = Math.round(value * 1000) / 1000;
  // Not -0.
  return String(rounded === 0 ? 0 : rounded);
}

/** What XML 1.0 has no way to write becomes the replacement character. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
