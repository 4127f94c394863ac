/** Collects the shapes of a scene. Sizes of text are given in em, the font size of the figure. */
import type { FigureTheme } from './theme.ts';
import type {
  FontFamily,
  FontWeight,
  MeasureText,
  SceneNode,
  SceneRamp,
  SceneRaster,
  SceneText,
  TextStyle,
} from './scene.ts';

export interface TextOptions {
  readonly em?: number;
  readonly anchor?: SceneText['anchor'];
  readonly rotate?: number;
  readonly weight?: FontWeight;
  readonly family?: FontFamily;
  readonly fill?: string;
}

/** Size of labels and ticks, em. */
export const LABEL_EM = 0.9;
/** Hair lines of axes, points. */
export const HAIR_PT = 0.5;

export class Sketch {
  readonly theme: FigureTheme;
  /** Points. */
  readonly em: number;
  readonly rasters: SceneRaster[] = [];
  readonly ramps: SceneRamp[] = [];
  readonly nodes: SceneNode[] = [];
  readonly #measure: MeasureText;
  #into: SceneNode[] = this.nodes;

  constructor(theme: FigureTheme, em: number, measure: MeasureText) {
    this.theme = theme;
    this.em = em;
    this.#measure = measure;
  }

  /** What is drawn within belongs together. */
  group(name: string, draw: () => void): void {
    const outer = this.#into;
    const nodes: SceneNode[] = [];
    this.#into = nodes;
    draw();
    this.#into = outer;
    if (nodes.length > 0) outer.push({ kind: 'group', name, nodes });
  }

  /** Width in points. */
  width(text: string, options: Pick<TextOptions, 'em' | 'family' | 'weight'> = {}): number {
    return this.#measure(text, this.#style(options));
  }

  text(text: string, x: number, y: number, options: TextOptions = {}): void {
    const { anchor = 'start', rotate = 0, fill = this.theme.text } = options;
    if (text !== '') this.#into.push({ kind: 'text', text, x, y, anchor, rotate, fill, ...this.#style(options) });
  }

  rect(x: number, y: number, width: number, height: number, fill: string): void {
    this.#into.push({ kind: 'rect', x, y, width, height, fill });
  }

  steps(points: readonly (readonly [number, number])[], fill: string): void {
    if (points.length > 2) this.#into.push({ kind: 'steps', points, fill });
  }

  line(x1: number, y1: number, x2: number, y2: number, stroke: string = this.theme.line, width = HAIR_PT): void {
    this.#into.push({ kind: 'line', x1, y1, x2, y2, stroke, width });
  }

  polyline(
    points: readonly (readonly [number, number])[],
    options: {
      readonly stroke?: string;
      readonly width?: number;
      readonly closed?: boolean;
      readonly fill?: string;
      readonly dash?: number[];
    },
  ): void {
    const { stroke = this.theme.line, width = HAIR_PT, closed = false, fill, dash } = options;
    const more = { ...(fill === undefined ? {} : { fill }), ...(dash ? { dash } : {}) };
    this.#into.push({ kind: 'polyline', points, stroke, width, closed, ...more });
  }

  #style({ em = 1, family = 'sans', weight = 'normal' }: TextOptions): TextStyle {
    return { size: em * this.em, family, weight };
  }
}
