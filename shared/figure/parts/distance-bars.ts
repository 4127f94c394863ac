/** Attention mass by distance, as bars over bins that double. */
import { max, scaleLinear } from 'd3';
import type { HeadProfile } from '../../model/run.ts';
import { binsInUse, distanceLabel, distanceStart } from '../../view/atlas/distance-bins.ts';
import { formatTick } from '../../view/map/format-value.ts';
import { MIDDLE, type SceneRect } from '../scene.ts';
import { LABEL_EM, type Sketch } from '../sketch.ts';

const label = { em: LABEL_EM } as const;
const WIDEST_BAR_EM = 4;

/** Heights under and over the bars: labels and the name of the axis. */
export const DISTANCE_BELOW_EM = 3;

const SHARE_NAMES = ['share of the attention mass', 'share of the mass', 'share'];

/** `rect`: of the bars; to the left of it is `distanceLeft`. Returns the lower end of the labels. */
export function drawDistanceBars(sketch: Sketch, rect: SceneRect, profile: HeadProfile): number {
  const { em, theme } = sketch;
  const bins = Math.min(profile.distance.length, binsInUse(profile.entropy.length));
  const mass = profile.distance.subarray(0, bins);
  const pitch = Math.min(WIDEST_BAR_EM * em, rect.width / bins);
  const scale = scaleLinear()
    .domain([0, Math.max(0.01, max(mass) ?? 1)])
    .nice(3)
    .range([rect.y + rect.height, rect.y]);
  const wide = sketch.width(distanceLabel(bins - 1), label) + 0.4 * em <= pitch;
  const widest = sketch.width(distanceStart(bins - 1), label) + 0.5 * em;
  const step = wide ? 1 : Math.max(1, Math.ceil(widest / pitch));
  sketch.group('distance', () => {
    for (const tick of scale.ticks(Math.max(2, Math.min(4, Math.floor(rect.height / (2 * em)))))) {
      const y = scale(tick);
      sketch.line(rect.x, y, rect.x + rect.width, y, tick === 0 ? theme.line : theme.grid);
      sketch.text(formatTick(tick), rect.x - 0.6 * em, y + MIDDLE * LABEL_EM * em, { em: LABEL_EM, anchor: 'end' });
    }
    for (let bin = 0; bin < bins; bin++) {
      const top = scale(mass[bin]!);
      const x = rect.x + bin * pitch;
      if (rect.y + rect.height > top) {
        sketch.rect(x + 0.1 * pitch, top, 0.8 * pitch, rect.y + rect.height - top, theme.bar);
      }
      if (bin % step !== 0) continue;
      const text = wide ? distanceLabel(bin) : distanceStart(bin);
      sketch.text(text, x + pitch / 2, rect.y + rect.height + 1.2 * em, { em: LABEL_EM, anchor: 'middle' });
    }
    // As much of the name as the bars are high; the shortest in any case.
    const share = SHARE_NAMES.find((text) => sketch.width(text, label) <= rect.height) ?? SHARE_NAMES.at(-1)!;
    sketch.text(share, rect.x - distanceLeft(sketch) + 0.9 * em, rect.y + rect.height / 2, {
      em: LABEL_EM,
      anchor: 'middle',
      rotate: -90,
      fill: theme.textDim,
    });
    const names = [
      'distance, tokens',
      'distance, tokens (lower end of each bin)',
      'distance, tokens (from)',
      'distance',
    ];
    const name = wide ? names[0]! : (names.slice(1).find((text) => sketch.width(text, label) <= rect.width) ?? '');
    sketch.text(name, rect.x, rect.y + rect.height + 2.6 * em, { em: LABEL_EM, fill: theme.textDim });
  });
  return rect.y + rect.height + DISTANCE_BELOW_EM * em;
}

/** Width of the tick labels and the name beside them. */
export function distanceLeft(sketch: Sketch): number {
  return sketch.width('0.05', label) + 2.4 * sketch.em;
}
