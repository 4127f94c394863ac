import type { FigureFormat } from '../../shared/figure/formats.ts';

/** What a person sets for figures, and finds again for the next one. */
export interface FigureSettings {
  readonly widthMm: number;
  readonly fontPt: number;
  readonly dpi: number;
  readonly theme: 'light' | 'dark';
  readonly caption: boolean;
  /** Empty: the view's own. */
  readonly title: string;
  readonly format: FigureFormat;
  /** Of a map: all of it, what is in sight, or the rectangle that was drawn. */
  readonly area: 'whole' | 'sight' | 'rectangle';
}

export const initialFigure: FigureSettings = {
  widthMm: 180,
  fontPt: 7,
  dpi: 300,
  theme: 'light',
  caption: true,
  title: '',
  format: 'png',
  area: 'whole',
};
