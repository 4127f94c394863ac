/** What stands under the colour bar of the atlas. Pure. */
import { scaleLinear } from 'd3';
import { toUnit, type ValueScale } from '../../colour/value-scale.ts';
import { formatTick } from '../map/format-value.ts';
import { legendTicks, type LegendTick } from '../map/map-colours.ts';
import { poolingText, type Pooling } from './pooling-text.ts';
import { MAPS_COLOURS } from './map-sheet.ts';

/** Round values of a score, as many as there is room for. */
export function scoreTicks(scale: ValueScale, barPx: number): LegendTick[] {
  return scaleLinear()
    .domain([scale.lo, scale.hi])
    .ticks(barPx > 160 ? 5 : 3)
    .map((tick) => ({ unit: toUnit(scale, tick), label: formatTick(tick) }));
}

/** Powers of ten; the lowest also stands for everything below. */
export function mapsTicks(): LegendTick[] {
  return legendTicks(MAPS_COLOURS.scale, { low: true, high: false });
}

/** `probability, max of about 32×32 tokens` */
export function mapsTitle(miniatures: Pooling | undefined): string {
  return miniatures ? `probability, ${poolingText(miniatures)}` : 'probability';
}

/** `log scale, 10⁻⁴ to 1` */
export function mapsDomain(): string {
  const { kind, lo, hi } = MAPS_COLOURS.scale;
  return `${kind} scale, ${formatTick(lo)} to ${formatTick(hi)}`;
}
