import type { Rgb } from './rgb.ts';

function linearChannel(channel: number): number {
  const unit = channel / 255;
  return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
}

/** Relative luminance by WCAG 2: 0 = black, 1 = white. */
export function luminance({ r, g, b }: Rgb): number {
  return 0.2126 * linearChannel(r) + 0.7152 * linearChannel(g) + 0.0722 * linearChannel(b);
}

/** Contrast ratio by WCAG 2, 1 to 21; 4.5 is level AA for text. */
export function contrastRatio(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const DARK_TEXT: Rgb = { r: 0x10, g: 0x12, b: 0x16 };
const LIGHT_TEXT: Rgb = { r: 0xff, g: 0xff, b: 0xff };

/** Near-black or white, whichever reads better on the background. At least 4.3 to 1 on any colour. */
export function textOn(background: Rgb): Rgb {
  return contrastRatio(background, DARK_TEXT) >= contrastRatio(background, LIGHT_TEXT) ? DARK_TEXT : LIGHT_TEXT;
}
