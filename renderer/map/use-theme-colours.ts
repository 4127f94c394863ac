import { color } from 'd3';
import { useSyncExternalStore } from 'react';
import { luminance } from '../../shared/colour/contrast.ts';
import { mixRgb, toHex, type Rgb } from '../../shared/colour/rgb.ts';

/** The theme's colours and fonts as a canvas needs them: resolved, not as variables. */
export interface ThemeColours {
  readonly theme: 'light' | 'dark';
  readonly surface: string;
  readonly line: string;
  readonly text: string;
  readonly textDim: string;
  readonly accent: string;
  readonly warm: string;
  /** Cells that cannot be seen: no colour of any scale, and not the page either. */
  readonly mask: string;
  /** Bars beside the map. */
  readonly bar: string;
  readonly fontUi: string;
  readonly fontMono: string;
}

const FALLBACK: Readonly<Record<string, string>> = {
  '--surface': '#16191f',
  '--line': '#2a2f37',
  '--text': '#e6e9ee',
  '--text-dim': '#9aa3af',
  '--accent': '#6cb0ff',
  '--warm': '#ffb454',
  '--font-ui': 'system-ui, sans-serif',
  '--font-mono': 'ui-monospace, monospace',
};

function rgbOf(text: string): Rgb {
  const parsed = color(text)?.rgb();
  return parsed ? { r: parsed.r, g: parsed.g, b: parsed.b } : { r: 128, g: 128, b: 128 };
}

let known: { readonly source: string; readonly colours: ThemeColours } | undefined;

/** Same object for the same theme, as `useSyncExternalStore` requires. */
function readTheme(): ThemeColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim() || FALLBACK[name]!;
  const names = Object.keys(FALLBACK);
  const source = names.map(read).join('|');
  if (known?.source === source) return known.colours;
  const [surface, text, accent] = [rgbOf(read('--surface')), rgbOf(read('--text')), rgbOf(read('--accent'))];
  const dark = luminance(surface) < 0.2;
  const colours: ThemeColours = {
    theme: dark ? 'dark' : 'light',
    surface: toHex(surface),
    line: read('--line'),
    text: toHex(text),
    textDim: read('--text-dim'),
    accent: toHex(accent),
    warm: read('--warm'),
    mask: toHex(mixRgb(surface, text, dark ? 0.05 : 0.1)),
    bar: toHex(mixRgb(surface, accent, dark ? 0.5 : 0.45)),
    fontUi: read('--font-ui'),
    fontMono: read('--font-mono'),
  };
  known = { source, colours };
  return colours;
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  // Style sheets that arrive after the first paint change the variables too.
  window.addEventListener('load', listener);
  return () => {
    observer.disconnect();
    window.removeEventListener('load', listener);
  };
}

/** Colours of the current theme; renders again when `data-theme` on the root changes. */
export function useThemeColours(): ThemeColours {
  return useSyncExternalStore(subscribe, readTheme);
}
