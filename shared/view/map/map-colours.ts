/** Which colours the map has: domain, colour table, ticks. Pure, and shared by the canvas and the legend. */
import { scaleLinear } from 'd3';
import { lutOf, type ColourMap } from '../../colour/lut.ts';
import { parseHex } from '../../colour/rgb.ts';
import { LOG_FLOOR, niceCeil, type ValueScale } from '../../colour/value-scale.ts';
import type { TileReducer, TileValue } from '../../tensor/tile.ts';
import { colourPosition, colourSteps, type ColourScale, type ColourSteps } from './colour-steps.ts';
import { formatPower, formatTick } from './format-value.ts';

/** A smallest and a largest value. */
export type Extent = readonly [min: number, max: number];

export interface MapColours {
  readonly map: ColourMap;
  readonly scale: ColourScale;
  /** The scale as the painters look values up in it. */
  readonly steps: ColourSteps;
  /** Equal for equal colours: what a painted tile remembers. */
  readonly key: string;
  /** Of texels that are `TINTED`. */
  readonly tint?: string | undefined;
}

/** In the place of a value: a texel that has none on the scale, and yet is not masked. Below every value. */
export const TINTED = -1e30;

export function isTinted(value: number): boolean {
  return value <= TINTED;
}

export interface ColourQuestion {
  readonly value: TileValue;
  readonly reducer: TileReducer;
  /** Values are differences of the value. */
  readonly isDifference?: boolean;
  readonly scale: 'log' | 'linear';
  /** 1 = none; see `ColourScale`. */
  readonly gamma: number;
  readonly excludeSinks: boolean;
  /** Of the prompt; the longer, the smaller are the weights that count. */
  readonly tokens?: number;
  readonly theme: 'light' | 'dark';
  /** Over the tiles of the level that is shown, as far as they are here. */
  readonly shown: Extent | undefined;
  /** Over the coarsest level, which covers the whole map. */
  readonly overview: Extent | undefined;
  /** Ends that were chosen instead of those of the data. */
  readonly domain?: Extent | undefined;
  /** Colour table in the place of that of the value. */
  readonly map?: ColourMap | undefined;
  /** Colour of texels that are `TINTED`, `#rrggbb`. */
  readonly tint?: string | undefined;
}

/** Log probabilities below this are one colour: exp(-12) is 6 x 10^-6. */
const LOWEST_LOG_PROBABILITY = -12;
/** Lift above this many times uniform, or below its inverse, is one colour. */
const LARGEST_LIFT = 100;

/** Whether log and linear are a choice: logits and log probabilities are logarithms already. */
export function hasLogScale(value: TileValue): boolean {
  return value === 'probability' || value === 'lift';
}

/**
 * The domain is that of the whole map, not of the part in view, so that a colour keeps its meaning while one pans.
 * The coarsest level holds the largest cell under `max`; under `mean` and `min` finer levels can hold larger values,
 * and sums shrink with the texel, so there the level that is shown decides.
 */
function extentOf({ reducer, shown, overview }: ColourQuestion): Extent | undefined {
  if (reducer === 'sum') return shown ?? overview;
  if (!shown || !overview) return shown ?? overview;
  return [Math.min(shown[0], overview[0]), Math.max(shown[1], overview[1])];
}

/** The ends that a question's data would give by themselves. */
export function dataDomain(question: ColourQuestion): Extent {
  const { lo, hi } = dataScale(question);
  return [lo, hi];
}

/** Low end of the log scale of probabilities: never above uniform attention, a power of ten. */
export function logFloor(tokens: number): number {
  // Read from text: the power operator is off by a bit.
  return Math.min(LOG_FLOOR, Number(`1e${Math.ceil(Math.log10(0.1 / tokens))}`));
}

/** Whether the ends of the scale are the same for any data. */
export function hasFixedScale({ value, reducer, scale, isDifference, excludeSinks, domain }: ColourQuestion): boolean {
  if (domain) return true;
  return value === 'probability' && scale === 'log' && isDifference !== true && !excludeSinks && reducer !== 'sum';
}

function scaleOf(question: ColourQuestion): ValueScale {
  const { kind, lo, hi } = dataScale(question);
  const { domain } = question;
  // A logarithm has no place for 0.
  return domain ? { kind, lo: kind === 'log' && domain[0] <= 0 ? lo : domain[0], hi: domain[1] } : { kind, lo, hi };
}

function dataScale(question: ColourQuestion): ValueScale {
  const extent = extentOf(question);
  const most = extent ? niceCeil(extent[1]) : undefined;
  if (question.isDifference === true) {
    const reach = extent ? niceCeil(Math.max(LOG_FLOOR, -extent[0], extent[1])) : 1;
    return { kind: 'linear', lo: -reach, hi: reach };
  }
  switch (question.value) {
    case 'probability': {
      if (question.scale === 'linear') return { kind: 'linear', lo: 0, hi: Math.max(LOG_FLOOR, most ?? 1) };
      const lo = logFloor(question.tokens ?? 1);
      return { kind: 'log', lo, hi: hasFixedScale(question) ? 1 : Math.max(LOG_FLOOR * 10, most ?? 1) };
    }
    case 'logProbability': {
      const least = extent ? -niceCeil(-extent[0]) : LOWEST_LOG_PROBABILITY;
      return {
        kind: 'linear',
        lo: question.reducer === 'sum' ? least : Math.max(LOWEST_LOG_PROBABILITY, least),
        hi: 0,
      };
    }
    case 'logit': {
      const [lo, hi] = scaleLinear()
        .domain(extent ?? [0, 1])
        .nice(10)
        .domain() as [number, number];
      return { kind: 'linear', lo, hi: hi > lo ? hi : lo + 1 };
    }
    case 'lift': {
      if (question.scale === 'linear') return { kind: 'linear', lo: 0, hi: Math.max(1, most ?? 1) };
      const bound = Math.min(LARGEST_LIFT, Math.max(10, most ?? LARGEST_LIFT));
      return { kind: 'log', lo: 1 / bound, hi: bound };
    }
  }
}

export function mapColours(question: ColourQuestion): MapColours {
  const values = scaleOf(question);
  // Lift on a log scale is signed around 1, uniform attention, a difference around 0; all else has one direction.
  const signed = question.isDifference === true || (question.value === 'lift' && values.kind === 'log');
  const ofValue = signed ? (question.theme === 'dark' ? 'divergingOnDark' : 'divergingOnLight') : 'viridis';
  const { map = ofValue, tint } = question;
  const scale = { ...values, gamma: question.gamma, signed };
  const key = [map, scale.kind, scale.lo, scale.hi, scale.gamma, tint ?? ''].join(' ');
  const steps = known?.key === key ? known.steps : colourSteps(scale);
  // The first colour is that of tinted texels alone: every value reaches the second one.
  if (tint !== undefined) steps[1] = TINTED / 2;
  known = { key, steps };
  return { map, scale, steps, key, tint };
}
/** Asked for on every render, and mostly the same. */
let known: { readonly key: string; readonly steps: ColourSteps } | undefined;

/** A tick of the legend; `unit` 0 = low end, 1 = high end. */
export interface LegendTick {
  readonly unit: number;
  readonly label: string;
}

/** Of the height of the bar. */
const LEAST_TICK_GAP = 0.06;

/** Ends of the scale and round values between. `open` ends also stand for what lies beyond and say so. */
export function legendTicks(scale: ColourScale, open: { readonly low: boolean; readonly high: boolean }): LegendTick[] {
  const { kind, lo, hi } = scale;
  const inside: LegendTick[] = [];
  if (kind === 'log') {
    const first = Math.ceil(Math.log10(lo) - 1e-9);
    const last = Math.floor(Math.log10(hi) + 1e-9);
    for (let exponent = first; exponent <= last; exponent++) {
      inside.push({ unit: colourPosition(scale, 10 ** exponent), label: formatPower(exponent) });
    }
  } else {
    for (const tick of scaleLinear().domain([lo, hi]).ticks(5)) {
      inside.push({ unit: colourPosition(scale, tick), label: formatTick(tick) });
    }
  }
  const ends: LegendTick[] = [
    { unit: 0, label: formatTick(lo) },
    { unit: 1, label: formatTick(hi) },
  ];
  // Ends that are no round value get a tick of their own, in place of a round one too close to them; and gamma pushes
  // ticks together, of which the later ones then give way.
  const chosen: LegendTick[] = [];
  const isFree = ({ unit }: LegendTick) => chosen.every((tick) => Math.abs(tick.unit - unit) >= LEAST_TICK_GAP);
  const atEnd = inside.filter(({ unit }) => unit < 1e-9 || unit > 1 - 1e-9);
  for (const tick of [...atEnd, ...ends, ...inside]) if (isFree(tick)) chosen.push(tick);
  return chosen
    .sort((a, b) => a.unit - b.unit)
    .map((tick) => {
      if (tick.unit <= 1e-9 && open.low) return { ...tick, label: `≤ ${tick.label}` };
      if (tick.unit >= 1 - 1e-9 && open.high) return { ...tick, label: `≥ ${tick.label}` };
      return tick;
    });
}

/** Whether the ends of a scale cut values off. */
export function openEnds(question: ColourQuestion, scale: ValueScale): { low: boolean; high: boolean } {
  const extent = extentOf(question);
  return {
    low: scale.kind === 'log' || (extent !== undefined && extent[0] < scale.lo),
    high: extent !== undefined && extent[1] > scale.hi * (1 + 1e-6) && scale.hi !== 0,
  };
}

/** Colour table as RGBA words in the byte order of `ImageData`, opaque. */
export function lutWords(map: ColourMap): Uint32Array {
  const known = words.get(map);
  if (known) return known;
  const lut = lutOf(map);
  const bytes = new Uint8Array((lut.length / 3) * 4);
  for (let index = 0; index < lut.length / 3; index++) {
    bytes.set([lut[index * 3]!, lut[index * 3 + 1]!, lut[index * 3 + 2]!, 255], index * 4);
  }
  const made = new Uint32Array(bytes.buffer);
  words.set(map, made);
  return made;
}
const words = new Map<ColourMap, Uint32Array>();

/** The same of a map's colours, with its tint in the place of the first one. */
export function colourWords({ map, tint }: Pick<MapColours, 'map' | 'tint'>): Uint32Array {
  const plain = lutWords(map);
  const rgb = tint === undefined ? undefined : parseHex(tint);
  if (!rgb) return plain;
  const bytes = new Uint8Array(plain.slice().buffer);
  bytes.set([rgb.r, rgb.g, rgb.b, 255]);
  return new Uint32Array(bytes.buffer);
}
