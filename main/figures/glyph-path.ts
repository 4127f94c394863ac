import type { SceneText } from '../../shared/figure/scene.ts';
import type { Contour, FontFile, OutlinePoint } from './font-file.ts';

/** Pixel coordinates are rounded to this, so that a strip finds the same numbers as the whole picture. */
const STEPS = 64;
const round = (value: number): number => Math.round(value * STEPS) / STEPS;

/**
 * A text as the `d` of an SVG path, in pixels.
 *
 * @param width of the text, points
 * @param scale pixels per point
 * @param topPx of the strip that it is drawn into
 */
export function textPath(text: SceneText, font: FontFile, width: number, scale: number, topPx: number): string {
  const turn = (text.rotate * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const perUnit = text.size / font.unitsPerEm;
  const parts: string[] = [];
  let penPt = text.anchor === 'start' ? 0 : text.anchor === 'middle' ? -width / 2 : -width;
  const place = ({ x, y }: { readonly x: number; readonly y: number }): string => {
    const [along, down] = [penPt + x * perUnit, -y * perUnit];
    const px = round((text.x + along * cos - down * sin) * scale);
    const py = round((text.y + along * sin + down * cos) * scale) - topPx;
    return `${px} ${py}`;
  };
  for (const letter of text.text) {
    const codePoint = letter.codePointAt(0)!;
    for (const contour of font.outline(codePoint)) parts.push(contourPath(contour, place));
    penPt += font.advance(codePoint) * perUnit;
  }
  return parts.join('');
}

const middle = (a: OutlinePoint, b: OutlinePoint): OutlinePoint => ({
  x: (a.x + b.x) / 2,
  y: (a.y + b.y) / 2,
  onCurve: true,
});

/** Between two control points lies a point of the curve that the file leaves out. */
function contourPath(contour: Contour, place: (point: OutlinePoint) => string): string {
  if (contour.length < 2) return '';
  const firstOn = contour.findIndex(({ onCurve }) => onCurve);
  const start = firstOn >= 0 ? contour[firstOn]! : middle(contour[0]!, contour.at(-1)!);
  const rest = Array.from(
    { length: contour.length - (firstOn >= 0 ? 1 : 0) },
    (_, index) => contour[(Math.max(0, firstOn) + index + (firstOn >= 0 ? 1 : 0)) % contour.length]!,
  );
  let path = `M${place(start)}`;
  let control: OutlinePoint | undefined;
  for (const point of [...rest, start]) {
    if (point.onCurve) {
      path += control ? `Q${place(control)} ${place(point)}` : `L${place(point)}`;
      control = undefined;
    } else {
      if (control) path += `Q${place(control)} ${place(middle(control, point))}`;
      control = point;
    }
  }
  return `${path}Z`;
}
