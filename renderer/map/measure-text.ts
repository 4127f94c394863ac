import type { MeasureText } from '../../shared/view/map/axis-labels.ts';

const measurers = new Map<string, MeasureText>();

/** Width of a text in a CSS font, in CSS pixels. Remembers what it measured; falls back to an estimate without canvas. */
export function textMeasurer(font: string): MeasureText {
  const known = measurers.get(font);
  if (known) return known;
  const context = document.createElement('canvas').getContext('2d');
  if (context) context.font = font;
  const widths = new Map<string, number>();
  const measure = (text: string) => {
    const before = widths.get(text);
    if (before !== undefined) return before;
    const width = context ? context.measureText(text).width : text.length * 6.2;
    widths.set(text, width);
    return width;
  };
  measurers.set(font, measure);
  return measure;
}
