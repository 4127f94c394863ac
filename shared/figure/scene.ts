/**
 * A figure as shapes: what every view draws into, and what SVG and PNG are made of.
 *
 * Lengths are points (1/72 inch), the origin is the upper left corner, y grows downward. Rasters and ramps lie under
 * all nodes, so that a picture of any size can be put together in strips.
 */
import type { Lut } from '../colour/lut.ts';

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Opaque. */
  readonly background: string;
  readonly title: string;
  /** For those who do not see it. */
  readonly description: string;
  readonly rasters: readonly SceneRaster[];
  readonly ramps: readonly SceneRamp[];
  readonly nodes: readonly SceneNode[];
}

export interface SceneRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Texels drawn without smoothing, read when they are drawn. */
export interface SceneRaster extends SceneRect {
  readonly source: RasterSource;
}

export interface RasterSource {
  readonly columns: number;
  readonly rows: number;
  /** RGBA of the rows `start` to `end` - 1, [end - start, columns, 4]; alpha is 0 or 255. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** A colour bar: the table from its first to its last colour, upward or to the right. */
export interface SceneRamp extends SceneRect {
  readonly lut: Lut;
  readonly towards: 'up' | 'right';
}

export type SceneNode = FilledRect | FilledSteps | Line | Polyline | SceneText | SceneGroup;

export interface FilledRect extends SceneRect {
  readonly kind: 'rect';
  readonly fill: string;
}

/** A shape of level and upright edges, such as many bars side by side: one shape has no seams between them. */
export interface FilledSteps {
  readonly kind: 'steps';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly fill: string;
}

/** Level or upright, and then on whole pixels of a PNG. */
export interface Line {
  readonly kind: 'line';
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly stroke: string;
  readonly width: number;
}

export interface Polyline {
  readonly kind: 'polyline';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly closed?: boolean;
  /** Of a closed one; absent: none. */
  readonly fill?: string;
  readonly stroke: string;
  readonly width: number;
  readonly dash?: readonly number[];
}

export type FontFamily = 'sans' | 'mono';
export type FontWeight = 'normal' | 'bold';

export interface TextStyle {
  readonly size: number;
  readonly family: FontFamily;
  readonly weight: FontWeight;
}

export interface SceneText extends TextStyle {
  readonly kind: 'text';
  readonly text: string;
  /** Of the anchor, on the baseline. */
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  /** Degrees about the anchor, clockwise. */
  readonly rotate: number;
  readonly fill: string;
}

/** Named, for who edits the SVG. */
export interface SceneGroup {
  readonly kind: 'group';
  readonly name: string;
  readonly nodes: readonly SceneNode[];
}

/** Width of a text in points. */
export type MeasureText = (text: string, style: TextStyle) => number;

/** All nodes in drawing order, without the groups around them. */
export function flatNodes(nodes: readonly SceneNode[]): Exclude<SceneNode, SceneGroup>[] {
  return nodes.flatMap((node) => (node.kind === 'group' ? flatNodes(node.nodes) : [node]));
}

/** Of DejaVu Sans, in em, with marks on capitals and descenders. */
export const ASCENT = 0.76;
export const DESCENT = 0.24;
/** From the middle of digits and capitals down to the baseline, in em. */
export const MIDDLE = 0.36;

/** The corners of a text's box, clockwise from the upper left of the unturned text. */
export function textCorners(text: SceneText, measure: MeasureText): (readonly [x: number, y: number])[] {
  const width = measure(text.text, text);
  const left = text.anchor === 'start' ? 0 : text.anchor === 'middle' ? -width / 2 : -width;
  const [top, bottom] = [-ASCENT * text.size, DESCENT * text.size];
  const turn = (text.rotate * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const corners = [
    [left, top],
    [left + width, top],
    [left + width, bottom],
    [left, bottom],
  ] as const;
  return corners.map(([x, y]) => [text.x + x * cos - y * sin, text.y + x * sin + y * cos]);
}
