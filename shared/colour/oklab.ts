import type { Rgb } from './rgb.ts';

/** Björn Ottosson's OKLab: steps of equal size look equal, and a mix of two hues does not turn muddy. */
function toOklab({ r, g, b }: Rgb): [number, number, number] {
  const linear = (channel: number) => {
    const unit = channel / 255;
    return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
  };
  const [lr, lg, lb] = [linear(r), linear(g), linear(b)];
  const l = Math.cbrt(0.4122214708 * lr + 0.5363325363 * lg + 0.0514459929 * lb);
  const m = Math.cbrt(0.2119034982 * lr + 0.6806995451 * lg + 0.1073969566 * lb);
  const s = Math.cbrt(0.0883024619 * lr + 0.2817188376 * lg + 0.6299787005 * lb);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: readonly [number, number, number]): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channel = (linear: number) => {
    const unit = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
    return Math.max(0, Math.min(255, Math.round(unit * 255)));
  };
  return {
    r: channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    g: channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    b: channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  };
}

/** Mixes two colours in OKLab. `amount` = 0 gives `a`, 1 gives `b`. */
export function oklabMix(a: Rgb, b: Rgb, amount: number): Rgb {
  const from = toOklab(a);
  const to = toOklab(b);
  const mix = (index: 0 | 1 | 2) => from[index] + (to[index] - from[index]) * amount;
  return fromOklab([mix(0), mix(1), mix(2)]);
}

/** OKLab lightness, 0 to 1. */
export function oklabLightness(colour: Rgb): number {
  return toOklab(colour)[0];
}
