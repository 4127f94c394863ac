import { mixRgb, parseHex, toHex } from '../colour/rgb.ts';

/** Colours of figures: those of the window's two themes, on an opaque ground. */
export interface FigureTheme {
  readonly name: 'light' | 'dark';
  readonly background: string;
  readonly text: string;
  readonly textDim: string;
  readonly line: string;
  /** Lines behind data. */
  readonly grid: string;
  readonly accent: string;
  readonly warm: string;
  /** Cells that cannot be seen: no colour of any scale, and not the page either. */
  readonly mask: string;
  readonly bar: string;
  /** Of a changed run beside the clean one, and of what became less likely. */
  readonly up: string;
  readonly down: string;
  /** Share of the accent in a token of full strength. */
  readonly tokenTint: number;
}

const mixed = (from: string, to: string, amount: number): string =>
  toHex(mixRgb(parseHex(from)!, parseHex(to)!, amount));

export const FIGURE_THEMES: Readonly<Record<FigureTheme['name'], FigureTheme>> = {
  light: {
    name: 'light',
    background: '#ffffff',
    text: '#1a1f26',
    textDim: '#57606b',
    line: '#a9b1bb',
    grid: '#e1e5ea',
    accent: '#1d69cc',
    warm: '#925800',
    mask: mixed('#ffffff', '#1a1f26', 0.08),
    bar: mixed('#ffffff', '#1d69cc', 0.5),
    up: '#b84d1c',
    down: '#1d69cc',
    tokenTint: 0.42,
  },
  dark: {
    name: 'dark',
    background: '#14171c',
    text: '#e4e8ed',
    textDim: '#9aa4b0',
    line: '#4a525d',
    grid: '#2a3038',
    accent: '#6cabff',
    warm: '#f2b866',
    mask: mixed('#14171c', '#e4e8ed', 0.08),
    bar: mixed('#14171c', '#6cabff', 0.5),
    up: '#ff9466',
    down: '#6cabff',
    tokenTint: 0.52,
  },
};

/** A token's ground: the accent, as strong as its value. */
export function tinted({ background, up, accent, tokenTint }: FigureTheme, strength: number, signed: boolean): string {
  const colour = signed && strength > 0 ? up : accent;
  return mixed(background, colour, Math.abs(strength) * tokenTint);
}
