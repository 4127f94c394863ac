/** Colour bars with ticks, unit and the tint of what is masked. */
import { lutOf } from '../../colour/lut.ts';
import type { LegendTick } from '../../view/map/map-colours.ts';
import type { ColourMap } from '../../colour/lut.ts';
import { HAIR_PT, LABEL_EM, type Sketch } from '../sketch.ts';
import { MIDDLE } from '../scene.ts';

export interface BarLegend {
  readonly map: ColourMap;
  readonly ticks: readonly LegendTick[];
  /** Lines under the bar: unit, aggregator. */
  readonly lines: readonly string[];
  readonly masked: boolean;
}

const BAR_EM = 0.9;
const TICK_EM = 0.35;
const LINE_EM = 1.3;
const label = { em: LABEL_EM } as const;

/** Width of an upright bar with its labels. */
export function barWidth(sketch: Sketch, { ticks, lines, masked }: BarLegend): number {
  const { em } = sketch;
  const tick = ticks.reduce((width, { label: text }) => Math.max(width, sketch.width(text, label)), 0);
  const line = lines.reduce((width, text) => Math.max(width, sketch.width(text, label)), 0);
  const mask = masked ? sketch.width('masked', label) + 1.4 * em : 0;
  return Math.max((BAR_EM + TICK_EM + 0.3) * em + tick, line, mask);
}

/** An upright bar; returns the lower end of what stands under it. */
export function drawBar(
  sketch: Sketch,
  legend: BarLegend,
  { x, y, height }: { readonly x: number; readonly y: number; readonly height: number },
): number {
  const { em, theme } = sketch;
  const width = BAR_EM * em;
  sketch.ramps.push({ x, y, width, height, lut: lutOf(legend.map), towards: 'up' });
  let below = y + height;
  sketch.group('colour-scale', () => {
    frame(sketch, x, y, width, height);
    for (const { unit, label: text } of spaced(legend.ticks, (1.15 * LABEL_EM * em) / height)) {
      const at = y + (1 - unit) * height;
      sketch.line(x + width, at, x + width + TICK_EM * em, at);
      sketch.text(text, x + width + (TICK_EM + 0.3) * em, at + MIDDLE * LABEL_EM * em, label);
    }
    below += 0.5 * em;
    for (const line of legend.lines) {
      below += LINE_EM * LABEL_EM * em;
      sketch.text(line, x, below, label);
    }
    if (!legend.masked) return;
    below += LINE_EM * em;
    const side = 0.8 * em;
    sketch.rect(x, below - side + 0.05 * em, side, side, theme.mask);
    frame(sketch, x, below - side + 0.05 * em, side, side);
    sketch.text('masked', x + 1.3 * em, below, label);
  });
  return below + 0.3 * em;
}

/** A level bar with its title under it; returns the lower end. */
export function drawLevelBar(
  sketch: Sketch,
  legend: BarLegend,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const { em, theme } = sketch;
  const height = BAR_EM * em;
  sketch.ramps.push({ x, y, width, height, lut: lutOf(legend.map), towards: 'right' });
  let below = y + height + (TICK_EM + 1.05 * LABEL_EM) * em;
  sketch.group('colour-scale', () => {
    frame(sketch, x, y, width, height);
    let free = -Infinity;
    for (const { unit, label: text } of legend.ticks) {
      const at = x + unit * width;
      const half = sketch.width(text, label) / 2;
      // The next one gives way where labels would touch.
      if (at - half < free) continue;
      free = at + half + 0.5 * em;
      sketch.line(at, y + height, at, y + height + TICK_EM * em);
      sketch.text(text, at, below, { em: LABEL_EM, anchor: 'middle' });
    }
    for (const line of legend.lines) {
      below += LINE_EM * LABEL_EM * em;
      sketch.text(line, x, below, { em: LABEL_EM, fill: theme.textDim });
    }
    if (!legend.masked) return;
    below += LINE_EM * em;
    const side = 0.8 * em;
    sketch.rect(x, below - side + 0.05 * em, side, side, theme.mask);
    frame(sketch, x, below - side + 0.05 * em, side, side);
    sketch.text('masked', x + 1.3 * em, below, { em: LABEL_EM, fill: theme.textDim });
  });
  return below + 0.3 * em;
}

/** A hair line around a rectangle. */
export function frame(sketch: Sketch, x: number, y: number, width: number, height: number): void {
  const half = HAIR_PT / 2;
  const [left, right, top, bottom] = [x - half, x + width + half, y - half, y + height + half];
  for (const at of [top, bottom]) sketch.line(left - half, at, right + half, at);
  for (const at of [left, right]) sketch.line(at, top, at, bottom);
}

/** Without ticks closer than `gap` to the one before; the last one stays. */
function spaced(ticks: readonly LegendTick[], gap: number): LegendTick[] {
  const kept: LegendTick[] = [];
  for (const tick of ticks) {
    while (tick === ticks.at(-1) && kept.length > 0 && tick.unit - kept.at(-1)!.unit < gap) kept.pop();
    if (kept.length === 0 || tick.unit - kept.at(-1)!.unit >= gap) kept.push(tick);
  }
  return kept;
}
