import type { Feature } from './feature.ts';

export interface Standardised {
  readonly features: readonly string[];
  /** Those in which all heads are alike, or that no head has. */
  readonly dropped: readonly string[];
  /** Mean 0 and standard deviation 1 by feature, [heads, features]; a head that lacks one stands at its mean. */
  readonly values: Float64Array;
}

/** Of what is rounding, relative to the mean magnitude. */
const LEAST_DEVIATION = 1e-9;

export function standardise(features: readonly Feature[], heads: number): Standardised {
  const kept: { readonly name: string; readonly scores: Float64Array }[] = [];
  const dropped: string[] = [];
  for (const { name, values } of features) {
    const known = values.filter((value) => !Number.isNaN(value));
    const mean = meanOf(known);
    const deviation = Math.sqrt(meanOf(known.map((value) => (value - mean) ** 2)));
    if (!(deviation > LEAST_DEVIATION * meanOf(known.map(Math.abs)))) dropped.push(name);
    else kept.push({ name, scores: values.map((value) => (Number.isNaN(value) ? 0 : (value - mean) / deviation)) });
  }
  const values = new Float64Array(heads * kept.length);
  kept.forEach(({ scores }, at) => {
    for (let head = 0; head < heads; head++) values[head * kept.length + at] = scores[head]!;
  });
  return { features: kept.map(({ name }) => name), dropped, values };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
