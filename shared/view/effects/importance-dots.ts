/** Importances by finite difference against exact ones, a dot a head. Pure. */
import type { ImportanceRecord } from '../../model/effect-results.ts';
import { formatNumber, plural } from '../format.ts';
import { ends, type PlotAxis } from './line-plots.ts';

export interface ImportanceDot {
  /** Layer times heads, plus head. */
  readonly index: number;
  readonly exact: number;
  readonly approximate: number;
}

export interface ImportanceDots {
  /** Those with both values, in the order of heads. */
  readonly dots: readonly ImportanceDot[];
  /** Both axes have the same ends: what agrees is on the diagonal. */
  readonly x: PlotAxis;
  readonly y: PlotAxis;
}

export function importanceDots({ approximate, exact, signed }: ImportanceRecord): ImportanceDots {
  const dots = Array.from(exact, (value, index) => ({ index, exact: value, approximate: approximate[index]! })).filter(
    (dot) => Number.isFinite(dot.exact) && Number.isFinite(dot.approximate),
  );
  const domain = ends(
    dots.flatMap((dot) => [dot.exact, dot.approximate]),
    [0],
  );
  const change = signed ? 'change of the loss' : '|change of the loss|';
  return {
    dots,
    x: { name: `exact: ${change} without the head, nats`, ...domain },
    y: { name: `finite difference: ${change} per unit of gate, nats`, ...domain },
  };
}

/** The dots that stand out on either axis, the farthest first. */
export function farthestDots(dots: readonly ImportanceDot[], count: number): readonly ImportanceDot[] {
  const size = (dot: ImportanceDot) => Math.max(Math.abs(dot.exact), Math.abs(dot.approximate));
  return dots.toSorted((a, b) => size(b) - size(a) || a.index - b.index).slice(0, count);
}

/** How far one is from the other, in parts. */
export function errorTexts({ error, epsilon, signed }: ImportanceRecord): readonly string[] {
  const { heads, pearson, spearman, meanError, maxError } = error;
  return [
    `Pearson ${formatNumber(pearson)}`,
    `Spearman ${formatNumber(spearman)}`,
    `mean |error| ${formatNumber(meanError)} nats`,
    `largest |error| ${formatNumber(maxError)} nats`,
    `${plural(heads, 'head')}, epsilon ${epsilon}, ${signed ? 'signed' : 'magnitudes'}`,
  ];
}
